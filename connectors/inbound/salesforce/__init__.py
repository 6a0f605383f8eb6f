"""Salesforce (CRM): Contact objects and change events.

Sources: Salesforce Object Reference "Contact"; Change Data Capture Developer Guide "Change Event Fields".
"""
