"""Outbound: from a numbered event to a webhook that was answered.

fanout     events × endpoints → deliveries     (after sealing, set-wise)
claim      due deliveries, with a lease        (short transactions)
send       one HTTP attempt each               (aiohttp; never inside a transaction)
deliver    claims, hands to send, marks        (the loop of a worker)
"""
