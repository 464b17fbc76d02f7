provider "aws" {
  region = "us-east-2"
}

variables {
  function            = "worker"
  prefix              = "rp-mw-test"
  audit_trail_enabled = true
  maximum_concurrency = 2
  vendors             = { "vendor.model.base_url" = "https://model.example" }
  topology = {
    tables = {
      idempotency = { name = "rp_mw_test_idempotency", ttl_days = 30 }
      audit_trail = { name = "rp_mw_test_audit_trail", ttl_days = 60 }
    }
    visibility_factor = 6
    queues            = { events = { name = "rp-mw-test-events.fifo", dlq_name = "rp-mw-test-events-dlq.fifo", consumer = "worker" } }
    secrets           = { salt = "rp-mw/test/internal/hash-salt" }
    flags             = { path = "/rp-mw/test/flags", declared = { safe_mode = {}, stage_ceiling = {} } }
    functions = {
      worker = {
        timeout_seconds = 60
        environment = {
          RP_MW_ENV    = "test"
          QUEUE_URL    = "$${queue.events.url}"
          AUDIT_TABLE  = "$${table.audit_trail.name}"
          MODEL_URL    = "$${vendor.model.base_url}"
          UNKNOWN_NAME = "$${queue.nothing.url}"
          WORKERS      = "$${function.worker.maximum_concurrency}"
        }
        permissions = [
          { actions = ["sqs:ReceiveMessage"], on = "queue.events" },
          { actions = ["dynamodb:PutItem"], on = "table.audit_trail" },
          { actions = ["secretsmanager:GetSecretValue"], on = "secret.salt" },
          { actions = ["ssm:GetParametersByPath"], on = "flags" },
          { actions = ["ssm:PutParameter"], on = "flags.stage_ceiling" },
        ]
      }
    }
  }
}

run "references_become_values" {
  command = apply

  assert {
    condition     = output.environment.RP_MW_ENV == "test" && output.environment.AUDIT_TABLE == "rp_mw_test_audit_trail" && output.environment.MODEL_URL == "https://model.example"
    error_message = "Literals stay, references are filled in."
  }

  assert {
    condition     = output.environment.WORKERS == "2"
    error_message = "A vendor's budget is shared between as many runs as there may be."
  }

  assert {
    condition     = strcontains(output.environment.QUEUE_URL, "rp-mw-test-events.fifo")
    error_message = "A queue is found by its name."
  }

  assert {
    condition     = output.environment.UNKNOWN_NAME == "$${queue.nothing.url}"
    error_message = "An unknown reference must stay visible, so that the service module refuses it."
  }

  assert {
    condition     = [for permission in output.permissions : permission.sid] == ["QueueEvents", "TableAuditTrail", "SecretSalt", "Flags", "FlagsStageCeiling"]
    error_message = "One statement for each permission."
  }

  assert {
    condition     = output.kms_via_services == toset(["dynamodb", "secretsmanager", "sqs"])
    error_message = "The key is used through the services the function calls."
  }
}

run "a_flag_may_be_named_by_itself" {
  command = apply

  assert {
    condition     = alltrue([for permission in output.permissions : endswith(permission.resources[0], ":parameter/rp-mw/test/flags/stage_ceiling") if permission.sid == "FlagsStageCeiling"])
    error_message = "Who may write one flag may write no other."
  }
}

run "without_the_audit_trail_there_is_no_name_and_no_permission" {
  command = apply

  variables {
    audit_trail_enabled = false
  }

  assert {
    condition     = output.environment.AUDIT_TABLE == "" && !contains([for permission in output.permissions : permission.sid], "TableAuditTrail")
    error_message = "A table that is not there must be neither named nor allowed."
  }
}

run "refuses_a_topology_without_functions" {
  command = plan

  variables {
    topology = { functions = { worker = { permissions = [], environment = {} } }, queues = {}, tables = {}, secrets = {} }
  }

  expect_failures = [var.topology]
}

run "refuses_an_unknown_function" {
  command = plan

  variables {
    function = "mailer"
  }

  expect_failures = [var.function]
}

run "refuses_a_prefix_off_the_convention" {
  command = plan

  variables {
    prefix = "test"
  }

  expect_failures = [var.prefix]
}

run "refuses_a_setting_that_is_no_vendors" {
  command = plan

  variables {
    vendors = { "shop.url" = "x" }
  }

  expect_failures = [var.vendors]
}

run "refuses_no_concurrency" {
  command = plan

  variables {
    maximum_concurrency = 0
  }

  expect_failures = [var.maximum_concurrency]
}

run "refuses_to_begin_without_a_foundation" {
  command = plan

  override_data {
    target = data.aws_ssm_parameters_by_path.foundation
    values = { names = [], values = [] }
  }

  expect_failures = [data.aws_ssm_parameters_by_path.foundation]
}

run "takes_a_foundation_that_has_more_than_is_needed" {
  command = plan

  override_data {
    target = data.aws_ssm_parameters_by_path.foundation
    values = {
      names  = ["/rp-mw/test/foundation/contract"]
      values = ["[\"queue events, invisible for 360 s\", \"queue other, invisible for 6 s\", \"table audit_trail\", \"secret salt\", \"flag safe_mode\", \"flag stage_ceiling\", \"topic alarms\", \"topic pages\"]"]
    }
  }
}

run "refuses_a_foundation_that_wakes_nobody" {
  command = plan

  override_data {
    target = data.aws_ssm_parameters_by_path.foundation
    values = {
      names  = ["/rp-mw/test/foundation/contract"]
      values = ["[\"queue events, invisible for 360 s\", \"table audit_trail\", \"secret salt\", \"flag safe_mode\", \"flag stage_ceiling\", \"topic alarms\"]"]
    }
  }

  expect_failures = [data.aws_ssm_parameters_by_path.foundation]
}

run "refuses_a_foundation_without_a_table_it_needs" {
  command = plan

  override_data {
    target = data.aws_ssm_parameters_by_path.foundation
    values = {
      names  = ["/rp-mw/test/foundation/contract"]
      values = ["[\"queue events, invisible for 360 s\", \"secret salt\", \"flag safe_mode\", \"flag stage_ceiling\", \"topic alarms\", \"topic pages\"]"]
    }
  }

  expect_failures = [data.aws_ssm_parameters_by_path.foundation]
}

run "refuses_a_queue_that_delivers_again_before_the_function_ends" {
  command = plan

  override_data {
    target = data.aws_ssm_parameters_by_path.foundation
    values = {
      names  = ["/rp-mw/test/foundation/contract"]
      values = ["[\"queue events, invisible for 180 s\", \"table audit_trail\", \"secret salt\", \"flag safe_mode\", \"flag stage_ceiling\", \"topic alarms\", \"topic pages\"]"]
    }
  }

  expect_failures = [data.aws_ssm_parameters_by_path.foundation]
}

run "refuses_events_that_are_forgotten_before_their_dead_letters" {
  command = plan

  variables {
    table_ttl_days = { idempotency = 14 }
  }

  expect_failures = [var.table_ttl_days]
}
