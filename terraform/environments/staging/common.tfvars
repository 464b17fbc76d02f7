environment = "staging"
region      = "us-east-2"
account_ids = ["000000000000"] # the account of this environment: an apply anywhere else is refused

# who moves the traffic to a new version: apply at once, or canary, a share first (make shift)
traffic = "canary"
canary  = { percent = 50, events_per_hour = 20 } # the events an hour that are expected, set it to the shop's own
