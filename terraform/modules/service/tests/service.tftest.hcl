# Without mocks: the role's policy document is computed for real.
provider "aws" {
  region = "us-east-2"
}

variables {
  name            = "rp-mw-test-worker"
  description     = "Routes tickets and answers them."
  release_version = "1.4.0"
  handler         = "rp_mw_worker.handler.handler"
  memory_mb       = 1024
  timeout_seconds = 60
  package = {
    bucket         = "artefacts"
    key            = "worker/1.4.0/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855.zip"
    object_version = "version-1"
    sha256_base64  = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
  }
  environment = { RP_MW_ENV = "test" }
  permissions = [{
    sid       = "Consume"
    actions   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    resources = ["arn:aws:sqs:us-east-2:123456789012:rp-mw-test-events.fifo"]
  }]
  kms_key_arn          = "arn:aws:kms:us-east-2:123456789012:key/11111111-2222-3333-4444-555555555555"
  kms_via_services     = ["sqs", "dynamodb"]
  log_retention_days   = 14
  reserved_concurrency = 10
  event_source = {
    queue_arn           = "arn:aws:sqs:us-east-2:123456789012:rp-mw-test-events.fifo"
    batch_size          = 10
    maximum_concurrency = 5
  }
  traffic = "canary"
  canary  = { percent = 10, events_per_hour = 60 }
  deployment_news = {
    topic_arn = "arn:aws:sns:us-east-2:123456789012:rp-mw-test-alarms"
    events    = ["DeploymentFailure", "DeploymentStop"]
  }
}

run "a_shift_that_fails_is_told" {
  command = plan

  assert {
    condition     = one(aws_codedeploy_deployment_group.this.trigger_configuration).trigger_events == toset(["DeploymentFailure", "DeploymentStop"]) && one(aws_codedeploy_deployment_group.this.trigger_configuration).trigger_target_arn == var.deployment_news.topic_arn
    error_message = "CodeDeploy must tell the topic of a deployment that failed or was stopped."
  }

  assert {
    condition     = anytrue([for statement in data.aws_iam_policy_document.codedeploy.statement : statement.actions == toset(["sns:Publish"]) && statement.resources == toset([var.deployment_news.topic_arn])]) && anytrue([for statement in data.aws_iam_policy_document.codedeploy.statement : statement.actions == toset(["kms:Decrypt", "kms:GenerateDataKey"])])
    error_message = "Its role must be let publish there, and use the topic's key."
  }
}

run "refuses_to_keep_a_failed_shift_to_itself" {
  command = plan

  variables {
    deployment_news = {
      topic_arn = "arn:aws:sns:us-east-2:123456789012:rp-mw-test-alarms"
      events    = ["DeploymentSuccess"]
    }
  }

  expect_failures = [var.deployment_news]
}

run "function_runs_on_arm_with_a_current_python" {
  command = plan

  assert {
    condition     = aws_lambda_function.this.architectures[0] == "arm64" && aws_lambda_function.this.runtime == "python3.13"
    error_message = "The function must run on arm64 with a current Python."
  }

  assert {
    condition     = aws_lambda_function_recursion_config.this.recursive_loop == "Terminate"
    error_message = "A message that goes round in circles must be stopped, and the setting must not be AWS's choice."
  }

  assert {
    condition     = aws_lambda_function.this.tracing_config[0].mode == "PassThrough"
    error_message = "X-Ray is off (docs/decisions/0107)."
  }

  assert {
    condition     = aws_lambda_function.this.s3_object_version == "version-1"
    error_message = "The very object that was planned must be deployed, whatever is put in its place."
  }

  assert {
    condition     = aws_lambda_function.this.code_sha256 == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    error_message = "Bytes that Lambda got from somebody else must be a difference."
  }

  assert {
    condition     = aws_lambda_function.this.publish
    error_message = "Every apply of a new package must publish a version."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.retention_in_days == 14 && aws_cloudwatch_log_group.this.name == "/aws/lambda/rp-mw-test-worker"
    error_message = "The log group must exist with its retention before the function."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.this[0].function_response_types == toset(["ReportBatchItemFailures"])
    error_message = "A batch must report partial failures."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.this[0].scaling_config[0].maximum_concurrency == 5
    error_message = "The mapping must cap its concurrency."
  }
}

run "role_allows_what_is_listed_and_no_more" {
  command = plan

  assert {
    condition = toset(flatten([for s in jsondecode(output.role_policy_json).Statement : s.Action])) == toset([
      "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "kms:Decrypt", "kms:GenerateDataKey",
      "logs:CreateLogStream", "logs:PutLogEvents",
    ])
    error_message = "The role must allow the listed actions plus logs and the key."
  }

  assert {
    condition = one([
      for s in jsondecode(output.role_policy_json).Statement : s.Condition.StringEquals["kms:ViaService"] if s.Sid == "UseKey"
    ]) == ["dynamodb.us-east-2.amazonaws.com", "sqs.us-east-2.amazonaws.com"]
    error_message = "The key may be used through the named services only."
  }

  assert {
    condition = one([
      for s in jsondecode(output.role_policy_json).Statement : s.Condition.StringLike["kms:EncryptionContext:aws:lambda:FunctionArn"] if s.Sid == "DecryptEnvironment"
    ]) == ["arn:aws:lambda:us-east-2:123456789012:function:rp-mw-test-worker", "arn:aws:lambda:us-east-2:123456789012:function:rp-mw-test-worker:*"]
    error_message = "A version is started by its qualified ARN: without it no cold start of the alias reads its environment."
  }
}

run "the_queue_feeds_the_alias" {
  command = plan

  override_resource {
    target          = aws_lambda_alias.live
    override_during = plan
    values          = { arn = "arn:of:the:alias" }
  }

  assert {
    condition     = aws_lambda_event_source_mapping.this[0].function_name == "arn:of:the:alias"
    error_message = "The queue must feed the alias, not the newest code."
  }
}

run "with_a_canary_an_apply_leaves_the_alias_where_it_is" {
  command = plan

  override_data {
    target = data.aws_ssm_parameters_by_path.deployed
    values = { names = ["/rp-mw/test/deployed/rp-mw-test-worker"] }
  }

  override_data {
    target = data.aws_lambda_alias.live
    values = { function_version = "4" }
  }

  override_resource {
    target          = aws_lambda_function.this
    override_during = plan
    values          = { version = "5" }
  }

  assert {
    condition     = aws_lambda_alias.live.function_version == "4"
    error_message = "CodeDeploy moves the alias, watched by alarms."
  }

  assert {
    condition     = strcontains(output.traffic, "no traffic has moved: version 4 still serves") && endswith(output.traffic, "make shift ENV=test SERVICE=worker")
    error_message = "An apply that moves nothing says so, and names the one command that does."
  }

  assert {
    condition     = aws_codedeploy_deployment_group.this.alarm_configuration[0].enabled && toset(aws_codedeploy_deployment_group.this.alarm_configuration[0].alarms) == toset([for kind in ["failed", "quarantined", "raised", "unexpected", "withheld"] : "rp-mw-test-worker-canary-${kind}"])
    error_message = "The canary is watched by metric alarms, each by its name."
  }

  assert {
    condition = alltrue([for alarm in aws_cloudwatch_metric_alarm.canary :
      flatten([for query in alarm.metric_query : [for metric in query.metric : [for name, value in metric.dimensions : value if contains(["ExecutedVersion", "Version"], name)]]]) == ["5", "5"]
    ])
    error_message = "The alarms see the new version alone."
  }

  # 60 an hour, a tenth of them: six an hour reach the new version, five take 50 minutes
  assert {
    condition     = aws_codedeploy_deployment_config.canary.traffic_routing_config[0].time_based_canary[0].interval == 55
    error_message = "The canary lasts until five events have met the new version, and their metrics are there."
  }
}

run "with_apply_the_alias_follows_at_once" {
  command = plan

  variables {
    traffic = "apply"
  }

  override_data {
    target = data.aws_ssm_parameters_by_path.deployed
    values = { names = ["/rp-mw/test/deployed/rp-mw-test-worker"] }
  }

  override_resource {
    target          = aws_lambda_function.this
    override_during = plan
    values          = { version = "5" }
  }

  assert {
    condition     = aws_lambda_alias.live.function_version == "5" && output.traffic == "version 5 serves"
    error_message = "An apply never silently moves nothing."
  }
}

run "a_function_behind_the_api_has_no_mapping" {
  command = plan

  variables {
    event_source = null
  }

  assert {
    condition     = length(aws_lambda_event_source_mapping.this) == 0
    error_message = "Without a queue there is no mapping."
  }
}

run "snap_start_is_a_choice" {
  command = plan

  variables {
    snap_start = true
  }

  assert {
    condition     = aws_lambda_function.this.snap_start[0].apply_on == "PublishedVersions"
    error_message = "SnapStart must apply to published versions when chosen."
  }
}

run "refuses_a_name_off_the_convention" {
  command = plan

  variables {
    name = "worker"
  }

  expect_failures = [var.name]
}

run "refuses_an_empty_description" {
  command = plan

  variables {
    description = ""
  }

  expect_failures = [var.description]
}

run "refuses_a_version_that_is_not_semantic" {
  command = plan

  variables {
    release_version = "latest"
  }

  expect_failures = [var.release_version]
}

run "refuses_a_package_without_a_hash" {
  command = plan

  variables {
    package = { bucket = "b", key = "worker/1.4.0/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855.zip", sha256_base64 = "none" }
  }

  expect_failures = [var.package]
}

run "refuses_a_key_without_the_digest" {
  command = plan

  variables {
    package = { bucket = "b", key = "worker/worker-1.4.0-lambda.zip", sha256_base64 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
  }

  expect_failures = [var.package]
}

run "refuses_a_handler_that_is_no_path" {
  command = plan

  variables {
    handler = "handler"
  }

  expect_failures = [var.handler]
}

run "refuses_an_old_runtime" {
  command = plan

  variables {
    runtime = "python3.11"
  }

  expect_failures = [var.runtime]
}

run "refuses_too_little_memory" {
  command = plan

  variables {
    memory_mb = 64
  }

  expect_failures = [var.memory_mb]
}

run "refuses_a_timeout_out_of_range" {
  command = plan

  variables {
    timeout_seconds = 901
  }

  expect_failures = [var.timeout_seconds]
}

run "refuses_a_lower_case_environment_name" {
  command = plan

  variables {
    environment = { env = "dev" }
  }

  expect_failures = [var.environment]
}

run "refuses_an_unresolved_reference" {
  command = plan

  variables {
    environment = { RP_MW_ENV = "$${env}" }
  }

  expect_failures = [var.environment]
}

run "refuses_a_wildcard_action" {
  command = plan

  variables {
    permissions = [{ sid = "All", actions = ["sqs:*"], resources = ["arn:aws:sqs:us-east-2:123456789012:q"] }]
  }

  expect_failures = [var.permissions]
}

run "refuses_a_bare_star_resource" {
  command = plan

  variables {
    permissions = [{ sid = "All", actions = ["sqs:SendMessage"], resources = ["*"] }]
  }

  expect_failures = [var.permissions]
}

run "refuses_no_customer_key" {
  command = plan

  variables {
    kms_key_arn = "alias/aws/lambda"
  }

  expect_failures = [var.kms_key_arn]
}

run "refuses_no_key_grant" {
  command = plan

  variables {
    kms_via_services = []
  }

  expect_failures = [var.kms_via_services]
}

run "refuses_an_odd_retention" {
  command = plan

  variables {
    log_retention_days = 1
  }

  expect_failures = [var.log_retention_days]
}

run "refuses_concurrency_of_one" {
  command = plan

  variables {
    reserved_concurrency = 1
  }

  expect_failures = [var.reserved_concurrency]
}

run "refuses_a_batch_over_ten" {
  command = plan

  variables {
    event_source = { queue_arn = "arn:aws:sqs:us-east-2:123456789012:q.fifo", batch_size = 11, maximum_concurrency = 2 }
  }

  expect_failures = [var.event_source]
}

run "refuses_a_standard_queue" {
  command = plan

  variables {
    event_source = { queue_arn = "arn:aws:sqs:us-east-2:123456789012:q", batch_size = 10, maximum_concurrency = 2 }
  }

  expect_failures = [var.event_source]
}

run "refuses_a_mapping_concurrency_of_one" {
  command = plan

  variables {
    event_source = { queue_arn = "arn:aws:sqs:us-east-2:123456789012:q.fifo", batch_size = 10, maximum_concurrency = 1 }
  }

  expect_failures = [var.event_source]
}

run "refuses_a_mapping_over_the_reservation" {
  command = plan

  variables {
    event_source = { queue_arn = "arn:aws:sqs:us-east-2:123456789012:q.fifo", batch_size = 10, maximum_concurrency = 11 }
  }

  expect_failures = [var.event_source]
}

run "refuses_an_unknown_way_of_moving_traffic" {
  command = plan

  variables {
    traffic = "sometimes"
  }

  expect_failures = [var.traffic]
}

run "refuses_a_canary_of_everything" {
  command = plan

  variables {
    canary = { percent = 100, events_per_hour = 60 }
  }

  expect_failures = [var.canary]
}

run "refuses_a_canary_that_sees_nothing_for_hours" {
  command = plan

  variables {
    canary = { percent = 10, events_per_hour = 20 }
  }

  expect_failures = [var.canary]
}
