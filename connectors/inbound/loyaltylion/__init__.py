"""LoyaltyLion (loyalty): customers of the Admin API v2, of webhooks and of the Headless API.

Source: developers.loyaltylion.com, "Customers" and "Webhooks".
"""
