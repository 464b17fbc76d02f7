locals {
  # Heard by themselves: a condition is nobody's news, and what waits for a condition is heard with it.
  heard = { for key, alarm in var.alarms : key => alarm.severity != "condition" && alarm.only_when == null }
  gated = { for key, alarm in var.alarms : key => alarm if alarm.only_when != null }

  paging = sort([for key, alarm in var.alarms : key if alarm.severity == "page"])
  names = {
    for key, alarm in var.alarms : key => alarm.only_when == null ? aws_cloudwatch_metric_alarm.this[key].alarm_name : aws_cloudwatch_composite_alarm.gated[key].alarm_name
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = var.alarms

  alarm_name          = "${var.name_prefix}-${each.key}"
  alarm_description   = "${each.value.meaning} What to do: docs/runbook.md#${each.value.runbook}"
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  evaluation_periods  = each.value.evaluation_periods
  datapoints_to_alarm = coalesce(each.value.datapoints_to_alarm, each.value.evaluation_periods)
  treat_missing_data  = each.value.missing_data
  alarm_actions       = local.heard[each.key] ? [var.topic_arn] : []
  ok_actions          = local.heard[each.key] ? [var.topic_arn] : []

  dynamic "metric_query" {
    for_each = each.value.metrics

    content {
      id          = metric_query.key
      return_data = each.value.expression == null

      metric {
        namespace   = metric_query.value.namespace
        metric_name = metric_query.value.name
        dimensions  = metric_query.value.dimensions
        stat        = metric_query.value.statistic
        period      = each.value.period_seconds
      }
    }
  }

  dynamic "metric_query" {
    for_each = each.value.expression == null ? [] : [each.value.expression]

    content {
      id          = "result"
      label       = each.key
      expression  = metric_query.value
      return_data = true
    }
  }
}

# What is news at some times only: silence by day, say.
resource "aws_cloudwatch_composite_alarm" "gated" {
  for_each = local.gated

  alarm_name        = "${var.name_prefix}-${each.key}-and-${each.value.only_when}"
  alarm_description = "${each.value.meaning} What to do: docs/runbook.md#${each.value.runbook}"
  alarm_rule        = "ALARM(\"${aws_cloudwatch_metric_alarm.this[each.key].alarm_name}\") AND ALARM(\"${aws_cloudwatch_metric_alarm.this[each.value.only_when].alarm_name}\")"
  alarm_actions     = [var.topic_arn]
  ok_actions        = [var.topic_arn]
}

# One page for one incident, however many of its alarms fire.
resource "aws_cloudwatch_composite_alarm" "page" {
  alarm_name        = "${var.name_prefix}-page"
  alarm_description = "At least one alarm of severity page is firing: open it for its meaning. What to do: docs/runbook.md#paging"
  alarm_rule        = join(" OR ", [for key in local.paging : "ALARM(\"${local.names[key]}\")"])
  alarm_actions     = [var.topic_arn]
  ok_actions        = [var.topic_arn]
}
