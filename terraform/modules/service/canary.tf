# How a new version takes over: a share of the traffic first, watched by alarms that see that version alone.

locals {
  minimum_invocations = 5
  reporting_minutes   = 5 # until a metric of a log line is there and its alarm has looked
  bake_minutes        = ceil(local.minimum_invocations * 60 * 100 / (var.canary.events_per_hour * var.canary.percent)) + local.reporting_minutes

  # What only the log tells by version: Lambda's own metric of errors stays 0 while every record of a batch fails.
  logged = {
    failed      = "{ ($.message = \"record_failed\") || ($.message = \"record_exhausted\") || ($.message = \"queue_refused\") }"
    unexpected  = "{ ($.message = \"unexpected_error\") || ($.message = \"start_failed\") }"
    quarantined = "{ $.message = \"dlq_quarantined\" }"
    withheld    = "{ ($.FieldsWithheld = *) || ($.FieldsWithheld[0] = *) }"
  }

  # percent of the version's invocations above which its canary ends
  canary_alarms = {
    raised      = { percent = 5, meaning = "raises or times out" }
    failed      = { percent = 20, meaning = "returns records to the queue as failed" }
    unexpected  = { percent = 5, meaning = "meets errors nobody expected" }
    quarantined = { percent = 5, meaning = "moves messages to the dead-letter queue" }
    withheld    = { percent = 5, meaning = "writes log fields that had to be withheld" }
  }
}

resource "aws_cloudwatch_log_metric_filter" "canary" {
  for_each = local.logged

  name           = "${var.name}-${each.key}"
  log_group_name = aws_cloudwatch_log_group.this.name
  pattern        = each.value

  metric_transformation {
    namespace  = "rp-mw/canary"
    name       = "${var.name}-${each.key}"
    value      = "1"
    dimensions = { Version = "$.function_version" }
  }
}

resource "aws_cloudwatch_metric_alarm" "canary" {
  for_each = var.traffic == "canary" ? local.canary_alarms : {}

  alarm_name          = "${var.name}-canary-${each.key}"
  alarm_description   = "The newest version of ${var.name} ${each.value.meaning}, in more than ${each.value.percent} % of ${local.minimum_invocations} invocations or more: CodeDeploy gives all traffic back to the version before. What to do: docs/deploy.md."
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.percent
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"

  metric_query {
    id          = "share"
    label       = "percent of the version's invocations"
    expression  = "IF(invocations >= ${local.minimum_invocations}, 100 * FILL(bad, 0) / invocations, 0)"
    return_data = true
  }

  metric_query {
    id = "invocations"

    metric {
      namespace   = "AWS/Lambda"
      metric_name = "Invocations"
      dimensions  = local.executed
      stat        = "Sum"
      period      = local.bake_minutes * 60
    }
  }

  metric_query {
    id = "bad"

    metric {
      namespace   = each.key == "raised" ? "AWS/Lambda" : "rp-mw/canary"
      metric_name = each.key == "raised" ? "Errors" : aws_cloudwatch_log_metric_filter.canary[each.key].metric_transformation[0].name
      dimensions  = each.key == "raised" ? local.executed : { Version = aws_lambda_function.this.version }
      stat        = "Sum"
      period      = local.bake_minutes * 60
    }
  }
}

locals {
  # Source: Lambda Developer Guide, "Types of metrics": an alias with two versions reports each by ExecutedVersion.
  executed = {
    FunctionName    = var.name
    Resource        = "${var.name}:${local.alias}"
    ExecutedVersion = aws_lambda_function.this.version
  }
}

resource "aws_codedeploy_deployment_config" "canary" {
  deployment_config_name = "${var.name}-${var.canary.percent}-percent-${local.bake_minutes}-minutes"
  compute_platform       = "Lambda"

  traffic_routing_config {
    type = "TimeBasedCanary"

    time_based_canary {
      interval   = local.bake_minutes
      percentage = var.canary.percent
    }
  }

  # The group names it: the next one is there before this one goes.
  lifecycle {
    create_before_destroy = true
  }
}

data "aws_iam_policy_document" "assume_codedeploy" {
  statement {
    sid     = "CodeDeployAssumes"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["codedeploy.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "codedeploy" {
  name               = "${var.name}-codedeploy"
  description        = "Moves the alias of ${var.name} from one version to the next."
  assume_role_policy = data.aws_iam_policy_document.assume_codedeploy.json
}

data "aws_iam_policy_document" "codedeploy" {
  statement {
    sid       = "MoveAlias"
    actions   = ["lambda:GetAlias", "lambda:UpdateAlias", "lambda:GetProvisionedConcurrencyConfig"]
    resources = [local.function_arn, "${local.function_arn}:*"]
  }

  # DescribeAlarms knows no resource-level permissions.
  statement {
    sid       = "WatchAlarms"
    actions   = ["cloudwatch:DescribeAlarms"]
    resources = ["*"]
  }

  statement {
    sid       = "TellOfFailures"
    actions   = ["sns:Publish"]
    resources = [var.deployment_news.topic_arn]
  }

  # The topic is encrypted with it.
  statement {
    sid       = "UseKeyOfTopic"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [var.kms_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["sns.${data.aws_region.current.region}.amazonaws.com"]
    }
  }
}

resource "aws_iam_role_policy" "codedeploy" {
  name   = "move-alias"
  role   = aws_iam_role.codedeploy.id
  policy = data.aws_iam_policy_document.codedeploy.json
}

resource "aws_codedeploy_app" "this" {
  name             = var.name
  compute_platform = "Lambda"
}

resource "aws_codedeploy_deployment_group" "this" {
  app_name               = aws_codedeploy_app.this.name
  deployment_group_name  = local.alias
  deployment_config_name = aws_codedeploy_deployment_config.canary.deployment_config_name
  service_role_arn       = aws_iam_role.codedeploy.arn

  deployment_style {
    deployment_type   = "BLUE_GREEN"
    deployment_option = "WITH_TRAFFIC_CONTROL"
  }

  # Metric alarms by name: CodeDeploy does not watch composite ones.
  alarm_configuration {
    enabled = var.traffic == "canary"
    alarms  = [for alarm in aws_cloudwatch_metric_alarm.canary : alarm.alarm_name]
  }

  trigger_configuration {
    trigger_name       = "failures"
    trigger_events     = var.deployment_news.events
    trigger_target_arn = var.deployment_news.topic_arn
  }

  auto_rollback_configuration {
    enabled = true
    events  = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"]
  }
}
