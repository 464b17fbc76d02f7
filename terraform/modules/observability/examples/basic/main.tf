terraform {
  required_version = ">= 1.11"
}

locals {
  accepted = { namespace = "rp-mw", name = "accepted", dimensions = { Env = "dev", Service = "ingress" }, statistic = "Sum" }
}

module "observability" {
  source = "../.."

  name   = "rp-mw-dev"
  region = "us-east-2"
  rows = [for title in ["System", "Vendors", "Automation", "Quality", "Cost"] : {
    title   = title
    widgets = [{ title = "Accepted", metrics = [local.accepted] }]
  }]
  queries = {
    decisions = {
      log_groups = ["/aws/lambda/rp-mw-dev-worker"]
      query      = "fields @timestamp, route | filter event = 'event_decided' | sort @timestamp desc"
    }
  }
}
