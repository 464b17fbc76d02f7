# Run in workspace dev: make tf sets TF_WORKSPACE.
variables {
  environment        = "dev"
  region             = "us-east-2"
  account_ids        = ["123456789012"]
  alarm_emails       = ["oncall@shop.example"]
  monthly_budget_usd = 20

  run = {
    store_type         = "s3"
    bucket             = "rp-mw-dev-terraform-state"
    bucket_region      = "us-east-2"
    wanted_bucket      = "rp-mw-dev-terraform-state"
    wanted_region      = "us-east-2"
    selected_workspace = "dev"
    unknown_values     = []
  }
}

run "tables_queues_and_flags_are_those_of_the_owners_document" {
  command = plan

  assert {
    condition     = toset([for table in values(module.table) : table.name]) == toset(["rp_mw_dev_idempotency", "rp_mw_dev_conversation_state", "rp_mw_dev_audit_trail"])
    error_message = "The tables' names are fixed."
  }

  assert {
    condition     = module.queue["events"].visibility_timeout_seconds == 6 * local.topology.functions.worker.timeout_seconds
    error_message = "Visibility is six times the consumer's timeout."
  }

  assert {
    condition     = module.flags.path == "/rp-mw/dev/flags"
    error_message = "The flags have one path."
  }

  assert {
    condition     = length(module.archive) == 0 && length(module.table_audit) == 0
    error_message = "What costs extra is off by default."
  }
}

run "services_read_what_the_foundation_holds" {
  command = plan

  assert {
    condition = alltrue([for item in ["queue events, invisible for 360 s", "table audit_trail", "secret hash_salt", "flag safe_mode"] :
      contains(jsondecode(aws_ssm_parameter.contract.value), item)
    ])
    error_message = "The contract names queues with their visibility, tables, secrets and flags."
  }
}

run "refuses_alarms_that_nobody_hears" {
  command = plan

  variables {
    alarm_emails = []
  }

  expect_failures = [var.alarm_emails]
}

run "the_options_can_be_turned_on" {
  command = plan # the protections would refuse to clean an apply up

  variables {
    archive_retention_days    = 30
    archive_reader_role_arns  = ["arn:aws:iam::123456789012:role/rp-mw-replay"]
    table_data_events_enabled = true
  }

  assert {
    condition     = length(module.archive) == 1 && length(module.table_audit) == 1
    error_message = "Both options must come when asked for."
  }
}

run "who_is_woken_is_who_reads_the_mails_unless_it_is_said" {
  command = plan

  assert {
    condition     = keys(aws_sns_topic_subscription.page_email) == keys(aws_sns_topic_subscription.alarm_email)
    error_message = "Without page_emails a page goes where alarms go."
  }
}

run "a_pager_of_its_own_hears_pages_only" {
  command = plan

  variables {
    page_emails = ["pager@shop.example"]
  }

  assert {
    condition     = keys(aws_sns_topic_subscription.page_email) == ["pager@shop.example"] && !contains(keys(aws_sns_topic_subscription.alarm_email), "pager@shop.example")
    error_message = "The pager hears pages, and no mail."
  }
}

run "refuses_a_pager_that_nobody_carries" {
  command = plan

  variables {
    page_emails = []
  }

  expect_failures = [var.page_emails]
}

run "refuses_the_tfvars_of_another_environment" {
  command = plan

  variables {
    environment = "prod"
  }

  expect_failures = [var.environment]
}

run "refuses_an_unknown_environment" {
  command = plan

  variables {
    environment = "qa"
  }

  expect_failures = [var.environment]
}

run "refuses_a_region_that_is_none" {
  command = plan

  variables {
    region = "ohio"
  }

  expect_failures = [var.region]
}

run "refuses_no_account" {
  command = plan

  variables {
    account_ids = []
  }

  expect_failures = [var.account_ids]
}

run "refuses_no_budget" {
  command = plan

  variables {
    monthly_budget_usd = 0
  }

  expect_failures = [var.monthly_budget_usd]
}

run "refuses_an_address_that_is_none" {
  command = plan

  variables {
    alarm_emails = ["on-call"]
  }

  expect_failures = [var.alarm_emails]
}

run "a_released_zip_is_never_replaced" {
  command = plan

  assert {
    condition = anytrue([for statement in data.aws_iam_policy_document.artefacts.statement :
      statement.effect == "Deny" && statement.actions == toset(["s3:PutObject"]) && anytrue([for condition in statement.condition : condition.variable == "s3:if-none-match"])
    ])
    error_message = "An upload must ask S3 whether something is there already."
  }
}

run "the_next_environments_account_reads_the_zips_and_no_more" {
  command = plan

  variables {
    promoting_account_ids = ["222222222222"]
  }

  assert {
    condition     = one([for statement in data.aws_iam_policy_document.artefacts.statement : statement.actions if statement.sid == "NextEnvironmentsPromote"]) == toset(["s3:GetObject", "s3:ListBucket"])
    error_message = "A promotion reads."
  }

  assert {
    condition     = one([for statement in data.aws_iam_policy_document.key.statement : statement.actions if statement.sid == "NextEnvironmentsReadArtefacts"]) == toset(["kms:Decrypt"])
    error_message = "What is encrypted is read with the key."
  }
}

run "refuses_an_account_that_is_none" {
  command = plan

  variables {
    promoting_account_ids = ["staging"]
  }

  expect_failures = [var.promoting_account_ids]
}

run "who_looks_writes_nothing_and_who_operates_reaches_only_this_environment" {
  command = plan

  assert {
    condition     = !can(regex("Put|Delete|Send|Invoke|Write", join(" ", flatten([for statement in data.aws_iam_policy_document.reader.statement : statement.actions]))))
    error_message = "The reader's policy may change something."
  }

  assert {
    condition     = length(aws_iam_policy.person) == 2 && alltrue([for policy in values(aws_iam_policy.person) : strcontains(policy.name, var.environment)])
    error_message = "There are two policies, named after the environment."
  }

  assert {
    condition     = alltrue(flatten([for document in [data.aws_iam_policy_document.reader, data.aws_iam_policy_document.operator] : [for statement in document.statement : [for condition in one([statement.condition]) : condition.variable] == ["kms:ViaService"] if anytrue([for action in statement.actions : startswith(action, "kms:")])]]))
    error_message = "People use the key through the services only."
  }

  assert {
    condition     = length(setsubtract(["lambda:GetAlias", "lambda:ListVersionsByFunction", "codedeploy:CreateDeployment", "codedeploy:StopDeployment", "codedeploy:GetDeployment", "codedeploy:ListDeployments", "codedeploy:BatchGetDeployments"], flatten([for statement in data.aws_iam_policy_document.operator.statement : statement.actions]))) == 0
    error_message = "Who operates rolls back."
  }

  assert {
    condition     = [for statement in data.aws_iam_policy_document.operator.statement : statement.sid if contains(statement.actions, "secretsmanager:PutSecretValue")] == ["RotateWebhookSecret"]
    error_message = "Who operates rotates the webhook's secret."
  }

  assert {
    condition     = alltrue([for resource in flatten([for statement in data.aws_iam_policy_document.operator.statement : statement.resources if contains(["RollBack", "ShiftTraffic", "QueryLogs", "Sweep"], statement.sid)]) : strcontains(resource, var.environment) || endswith(resource, ":deploymentconfig:*")])
    error_message = "Who operates reaches another environment's functions, traffic or logs."
  }
}
