"""REST doors of the connectors: endpoints of receivers, their deliveries, and vendors' own webhooks."""
