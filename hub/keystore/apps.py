from django.apps import AppConfig


class KeystoreConfig(AppConfig):
    name = "hub.keystore"
    label = "keystore"
    verbose_name = "Key store"
