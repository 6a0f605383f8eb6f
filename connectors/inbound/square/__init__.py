"""Square (tills): customer profiles of the Customers API and customer webhooks.

Source: developer.squareup.com, "Customers API", "Use Customer Webhooks", "Verify and validate an event".
"""
