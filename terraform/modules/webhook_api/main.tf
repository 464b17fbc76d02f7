locals {
  routes = toset(["POST /v1/richpanel/events", "GET /v1/health"])

  # No body, no header, no source address: an access log tells that a request came and how it went, not from whom.
  access_log_fields = {
    request_id             = "$context.requestId"
    route                  = "$context.routeKey"
    status                 = "$context.status"
    response_latency_ms    = "$context.responseLatency"
    integration_latency_ms = "$context.integrationLatency"
    integration_error      = "$context.integrationErrorMessage"
    requested_at_epoch_ms  = "$context.requestTimeEpoch"
  }
}

resource "aws_cloudwatch_log_group" "access" {
  name              = "/aws/apigateway/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  lifecycle {
    prevent_destroy = true
  }
}

# Refused before the function: no metric of API Gateway tells 429 from the other 4xx, and the function never sees them.
resource "aws_cloudwatch_log_metric_filter" "throttled" {
  name           = "${var.name}-throttled"
  log_group_name = aws_cloudwatch_log_group.access.name
  pattern        = "{ $.status = \"429\" }"

  metric_transformation {
    namespace = "rp-mw/api"
    name      = "${var.name}-throttled"
    value     = "1"
  }
}

resource "aws_apigatewayv2_api" "this" {
  name          = var.name
  description   = "Takes the helpdesk's webhook."
  protocol_type = "HTTP"

  # its address stands in the helpdesk's settings: a new API is a new address
  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_apigatewayv2_integration" "ingress" {
  api_id                 = aws_apigatewayv2_api.this.id
  integration_type       = "AWS_PROXY"
  integration_uri        = var.alias_invoke_arn
  payload_format_version = "2.0"
  timeout_milliseconds   = var.function_timeout_seconds * 1000
}

resource "aws_apigatewayv2_route" "this" {
  for_each = local.routes

  api_id             = aws_apigatewayv2_api.this.id
  route_key          = each.value
  target             = "integrations/${aws_apigatewayv2_integration.ingress.id}"
  authorization_type = "NONE" # the ingress checks the shared secret itself, before it parses anything
}

resource "aws_apigatewayv2_stage" "default" {
  api_id      = aws_apigatewayv2_api.this.id
  name        = "$default"
  auto_deploy = true

  default_route_settings {
    throttling_rate_limit    = var.throttle_rate_per_second
    throttling_burst_limit   = var.throttle_burst
    detailed_metrics_enabled = true
  }

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    format          = jsonencode(local.access_log_fields)
  }
}

resource "aws_lambda_permission" "api" {
  statement_id  = "AllowWebhookApi"
  action        = "lambda:InvokeFunction"
  function_name = var.function_name
  qualifier     = var.alias_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.this.execution_arn}/*/*"
}
