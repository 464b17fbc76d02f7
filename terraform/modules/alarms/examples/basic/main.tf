terraform {
  required_version = ">= 1.11"
}

module "alarms" {
  source = "../.."

  name_prefix    = "rp-mw-dev-worker"
  topic_arn      = "arn:aws:sns:us-east-2:123456789012:rp-mw-dev-alarms"
  page_topic_arn = "arn:aws:sns:us-east-2:123456789012:rp-mw-dev-pages"

  alarms = {
    errors = {
      promise            = "never-lost"
      severity           = "page"
      incident           = "work"
      meaning            = "The worker raises: its messages come back and end in the DLQ."
      runbook            = "function-errors"
      threshold          = 0
      period_seconds     = 60
      evaluation_periods = 2
      missing_data       = "notBreaching"
      metrics = {
        errors = { namespace = "AWS/Lambda", name = "Errors", dimensions = { FunctionName = "rp-mw-dev-worker" }, statistic = "Sum" }
      }
    }
  }
}
