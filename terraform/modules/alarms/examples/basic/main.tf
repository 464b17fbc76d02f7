module "alarms" {
  source = "../.."

  name_prefix = "rp-mw-dev-worker"
  topic_arn   = "arn:aws:sns:us-east-2:123456789012:rp-mw-dev-alarms"

  alarms = {
    errors = {
      severity  = "page"
      meaning   = "The worker raises: its messages come back and end in the DLQ."
      runbook   = "function-errors"
      threshold = 0
      metrics = {
        errors = { namespace = "AWS/Lambda", name = "Errors", dimensions = { FunctionName = "rp-mw-dev-worker" }, statistic = "Sum" }
      }
    }
  }
}
