"""The key store: a database of its own, backed up apart from the main one.

    keystore_key      source record (by address) ─► its key, wrapped by a master key; none once it was destroyed
    keystore_secret   the key of addresses and other blind tokens, wrapped likewise

Without it nothing personal in the main database can be read; ``hub.keyring`` is the way to it.
"""
