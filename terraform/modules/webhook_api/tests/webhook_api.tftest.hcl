mock_provider "aws" {}

variables {
  name                     = "rp-mw-test-webhook"
  function_name            = "rp-mw-test-ingress"
  alias_name               = "live"
  alias_invoke_arn         = "arn:aws:apigateway:us-east-2:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-2:123456789012:function:rp-mw-test-ingress:live/invocations"
  throttle_rate_per_second = 20
  throttle_burst           = 40
  log_retention_days       = 14
  kms_key_arn              = "arn:aws:kms:us-east-2:123456789012:key/11111111-2222-3333-4444-555555555555"
  function_timeout_seconds = 10
}

run "api_takes_the_webhook_and_nothing_else" {
  command = plan

  assert {
    condition     = toset(keys(aws_apigatewayv2_route.this)) == toset(["POST /v1/richpanel/events", "GET /v1/health"])
    error_message = "Only the webhook and the health check are routed; a catch-all would bill strangers' requests."
  }

  assert {
    condition     = aws_apigatewayv2_integration.ingress.payload_format_version == "2.0"
    error_message = "The ingress reads payload format 2.0."
  }

  assert {
    condition     = aws_apigatewayv2_stage.default.default_route_settings[0].throttling_rate_limit == 20
    error_message = "The stage must throttle."
  }

  assert {
    condition     = aws_lambda_permission.api.qualifier == "live"
    error_message = "API Gateway may invoke the alias only."
  }
}

run "access_logs_name_no_person" {
  command = plan

  assert {
    condition     = length(regexall("identity|body|header|querystring|userAgent", aws_apigatewayv2_stage.default.access_log_settings[0].format)) == 0
    error_message = "An access log must hold no body, header or source address."
  }

  assert {
    condition     = aws_cloudwatch_log_group.access.retention_in_days == 14
    error_message = "Access logs must expire."
  }
}

run "what_the_throttle_refuses_is_counted" {
  command = plan

  assert {
    condition     = aws_cloudwatch_log_metric_filter.throttled.pattern == "{ $.status = \"429\" }" && jsondecode(aws_apigatewayv2_stage.default.access_log_settings[0].format).status == "$context.status"
    error_message = "The filter must count the status as the access log writes it."
  }
}

run "refuses_a_name_off_the_convention" {
  command = plan

  variables {
    name = "api"
  }

  expect_failures = [var.name]
}

run "refuses_no_function" {
  command = plan

  variables {
    function_name = ""
  }

  expect_failures = [var.function_name]
}

run "refuses_latest_instead_of_an_alias" {
  command = plan

  variables {
    alias_name = "$LATEST"
  }

  expect_failures = [var.alias_name]
}

run "refuses_no_invoke_arn" {
  command = plan

  variables {
    alias_invoke_arn = "ingress"
  }

  expect_failures = [var.alias_invoke_arn]
}

run "refuses_no_throttle" {
  command = plan

  variables {
    throttle_rate_per_second = 0
  }

  expect_failures = [var.throttle_rate_per_second]
}

run "refuses_a_burst_under_the_rate" {
  command = plan

  variables {
    throttle_burst = 10
  }

  expect_failures = [var.throttle_burst]
}

run "refuses_a_burst_out_of_range" {
  command = plan

  variables {
    throttle_burst = 2001
  }

  expect_failures = [var.throttle_burst]
}

run "refuses_an_odd_retention" {
  command = plan

  variables {
    log_retention_days = 1
  }

  expect_failures = [var.log_retention_days]
}

run "refuses_no_customer_key" {
  command = plan

  variables {
    kms_key_arn = "alias/aws/logs"
  }

  expect_failures = [var.kms_key_arn]
}

run "the_api_waits_as_long_as_the_function_may_take" {
  command = plan

  assert {
    condition     = aws_apigatewayv2_integration.ingress.timeout_milliseconds == 10000
    error_message = "An API that waits less than its function answers 504 for what was accepted."
  }
}

run "refuses_a_function_that_outlasts_the_api" {
  command = plan

  variables {
    function_timeout_seconds = 30
  }

  expect_failures = [var.function_timeout_seconds]
}
