locals {
  queue_alarms = merge([for key, queue in local.topology.queues : {
    "${key}-dlq-not-empty" = {
      severity  = "page"
      meaning   = "A message of ${queue.name} was moved to the dead-letter queue: its ticket waits for a person."
      runbook   = "dlq-not-empty"
      threshold = 0
      metrics = {
        messages = { namespace = "AWS/SQS", name = "ApproximateNumberOfMessagesVisible", dimensions = { QueueName = queue.dlq_name }, statistic = "Maximum" }
      }
    }
    "${key}-oldest-message-warn" = {
      severity  = "warn"
      meaning   = "The oldest message of ${queue.name} waits longer than ${var.queue_age_warn_seconds} s: tickets are routed late."
      runbook   = "oldest-message"
      threshold = var.queue_age_warn_seconds
      metrics = {
        age = { namespace = "AWS/SQS", name = "ApproximateAgeOfOldestMessage", dimensions = { QueueName = queue.name }, statistic = "Maximum" }
      }
    }
    "${key}-oldest-message-critical" = {
      severity           = "page"
      meaning            = "The oldest message of ${queue.name} waits longer than ${var.queue_age_critical_seconds} s: its consumer is stuck, disabled or too slow."
      runbook            = "oldest-message"
      threshold          = var.queue_age_critical_seconds
      evaluation_periods = 2
      metrics = {
        age = { namespace = "AWS/SQS", name = "ApproximateAgeOfOldestMessage", dimensions = { QueueName = queue.name }, statistic = "Maximum" }
      }
    }
  }]...)
}

module "alarms" {
  source = "../../../modules/alarms"

  name_prefix = "${local.prefix}-foundation"
  topic_arn   = aws_sns_topic.alarms.arn
  alarms      = local.queue_alarms

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
    subscriber_sns_topic_arns = [aws_sns_topic.alarms.arn]
  }

  notification {
    comparison_operator       = "GREATER_THAN"
    threshold                 = 100
    threshold_type            = "PERCENTAGE"
    notification_type         = "ACTUAL"
    subscriber_sns_topic_arns = [aws_sns_topic.alarms.arn]
  }
}
