environment = "staging"
region      = "us-east-2"
account_ids = ["000000000000"] # the account of this environment: an apply anywhere else is refused
