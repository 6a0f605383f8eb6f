"""Shopify (webshop): customer, consent and compliance webhooks.

Source: shopify.dev, "Webhooks" (topics of 2025-01 and later), "Privacy law compliance", "Verify webhooks".
"""
