locals {
  # The rows of config/alarms.yaml; those of functions and queues are the services'.
  alarm_rows = yamldecode(templatefile("${path.module}/../../../../config/alarms.yaml", {
    env      = var.environment
    service  = ""
    function = ""
    queue    = ""
    dlq      = ""
  }))
}

module "alarms" {
  source = "../../../modules/alarms"

  name_prefix    = "${local.prefix}-foundation"
  topic_arn      = aws_sns_topic.alarms["alarms"].arn
  page_topic_arn = aws_sns_topic.alarms["pages"].arn
  alarms         = local.alarm_rows.foundation

  depends_on = [aws_sns_topic_policy.alarms]
}

resource "aws_budgets_budget" "monthly" {
  name         = "${local.prefix}-monthly"
  budget_type  = "COST"
  limit_amount = tostring(var.monthly_budget_usd)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  cost_filter {
    name   = "TagKeyValue"
    values = [format("user:environment$%s", var.environment)]
  }

  notification {
    comparison_operator       = "GREATER_THAN"
    threshold                 = 80
    threshold_type            = "PERCENTAGE"
    notification_type         = "FORECASTED"
    subscriber_sns_topic_arns = [aws_sns_topic.alarms["alarms"].arn]
  }

  notification {
    comparison_operator       = "GREATER_THAN"
    threshold                 = 100
    threshold_type            = "PERCENTAGE"
    notification_type         = "ACTUAL"
    subscriber_sns_topic_arns = [aws_sns_topic.alarms["alarms"].arn]
  }
}
