"""SAP S/4HANA (ERP): business partners of API_BUSINESS_PARTNER, OData version 2.

Source: SAP Business Accelerator Hub, "Business Partner (A2X)".
"""
