"""Creates what config/topology.yaml describes through the AWS API, one module per kind of resource.

Every `ensure_…` compares first and writes only what differs, so a second identical deployment changes nothing.
"""
