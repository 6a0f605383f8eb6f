"""The demo: a sample of five systems through the real doors, and a receiver that gets the webhooks."""
