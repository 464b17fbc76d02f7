locals {
  # A number, or the name of one the stack gives.
  counted = {
    for key, alarm in var.alarms : key => {
      threshold          = try(tonumber(alarm.threshold), var.numbers[alarm.threshold])
      period_seconds     = try(tonumber(alarm.period_seconds), var.numbers[alarm.period_seconds])
      evaluation_periods = try(tonumber(alarm.evaluation_periods), var.numbers[alarm.evaluation_periods])
    }
  }

  # Heard by themselves: a condition is nobody's news, and what waits for a condition is heard with it.
  heard = { for key, alarm in var.alarms : key => alarm.severity != "condition" && alarm.only_when == null }
  gated = { for key, alarm in var.alarms : key => alarm if alarm.only_when != null }

  # Rows that page, by incident. Where an incident has one row only, that alarm pages itself.
  incidents = { for key, alarm in var.alarms : alarm.incident => key... if alarm.severity == "page" }
  joined    = { for incident, keys in local.incidents : incident => sort(keys) if length(keys) > 1 }
  alone     = { for incident, keys in local.incidents : keys[0] => incident if length(keys) == 1 }
  topics    = { for key in keys(var.alarms) : key => concat([var.topic_arn], contains(keys(local.alone), key) ? [var.page_topic_arn] : []) }

  names = {
    for key, alarm in var.alarms : key => alarm.only_when == null ? aws_cloudwatch_metric_alarm.this[key].alarm_name : aws_cloudwatch_composite_alarm.gated[key].alarm_name
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = var.alarms

  alarm_name          = "${var.name_prefix}-${each.key}"
  alarm_description   = "${each.value.meaning} What to do: docs/runbook.md#${each.value.runbook}"
  comparison_operator = each.value.comparison
  threshold           = local.counted[each.key].threshold
  evaluation_periods  = local.counted[each.key].evaluation_periods
  datapoints_to_alarm = coalesce(each.value.datapoints_to_alarm, local.counted[each.key].evaluation_periods)
  treat_missing_data  = each.value.missing_data
  alarm_actions       = local.heard[each.key] ? local.topics[each.key] : []
  ok_actions          = local.heard[each.key] ? local.topics[each.key] : []

  dynamic "metric_query" {
    for_each = each.value.metrics

    content {
      id          = metric_query.key
      return_data = each.value.expression == null

      metric {
        namespace   = metric_query.value.namespace
        metric_name = metric_query.value.name
        dimensions  = { for name, value in metric_query.value.dimensions : name => lookup(var.references, value, value) }
        stat        = metric_query.value.statistic
        period      = local.counted[each.key].period_seconds
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

# What is news at some times only: silence while the shop is open, say.
resource "aws_cloudwatch_composite_alarm" "gated" {
  for_each = local.gated

  alarm_name        = "${var.name_prefix}-${each.key}-and-${each.value.only_when}"
  alarm_description = "${each.value.meaning} What to do: docs/runbook.md#${each.value.runbook}"
  alarm_rule        = "ALARM(\"${aws_cloudwatch_metric_alarm.this[each.key].alarm_name}\") AND ALARM(\"${aws_cloudwatch_metric_alarm.this[each.value.only_when].alarm_name}\")"
  alarm_actions     = local.topics[each.key]
  ok_actions        = local.topics[each.key]
}

# One page for one incident, however many of its alarms fire; another incident pages for itself.
resource "aws_cloudwatch_composite_alarm" "page" {
  for_each = local.joined

  alarm_name        = "${var.name_prefix}-page-${each.key}"
  alarm_description = "At least one of these fires: ${join(", ", each.value)}. Open it for its meaning. What to do: docs/runbook.md#paging"
  alarm_rule        = join(" OR ", [for key in each.value : "ALARM(\"${local.names[key]}\")"])
  alarm_actions     = [var.page_topic_arn]
  ok_actions        = [var.page_topic_arn]
}
