# Whoever sets a switch, with `rp-mw` or past it, the alarm topic hears of it. SSM tells EventBridge of each change by itself.
# Source: Systems Manager User Guide, "Setting up notifications or trigger actions based on Parameter Store events".
resource "aws_cloudwatch_event_rule" "switch_set" {
  name        = "${local.prefix}-switch-set"
  description = "A switch of ${var.environment} was set, made or deleted, with rp-mw or past it."

  event_pattern = jsonencode({
    source        = ["aws.ssm"]
    "detail-type" = ["Parameter Store Change"]
    detail = {
      name      = [{ prefix = "${local.topology.flags.path}/" }]
      operation = ["Create", "Update", "Delete"]
    }
  })
}

resource "aws_cloudwatch_event_target" "switch_set" {
  rule = aws_cloudwatch_event_rule.switch_set.name
  arn  = aws_sns_topic.alarms["alarms"].arn

  input_transformer {
    input_paths    = { name = "$.detail.name", operation = "$.detail.operation", at = "$.time" }
    input_template = "\"Switch <name>: <operation> at <at>. Who and why: rp-mw flags --env ${var.environment}. Not there? Then past rp-mw: docs/runbook.md#a-switch-was-set\""
  }

  depends_on = [aws_sns_topic_policy.alarms]
}
