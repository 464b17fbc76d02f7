mock_provider "aws" {}

variables {
  path = "/rp-mw/test/flags"
  initial_values = {
    safe_mode                   = "false"
    automation_enabled          = "false"
    automation_enabled_channels = "livechat,email"
    rollout_stage               = "shadow"
    disabled_templates          = "none"
    classifier                  = "embedded"
    chat_codes                  = "false"
  }
}

run "flags_are_born_in_shadow" {
  command = plan

  assert {
    condition     = aws_ssm_parameter.this["rollout_stage"].value == "shadow" && aws_ssm_parameter.this["rollout_stage"].name == "/rp-mw/test/flags/rollout_stage"
    error_message = "The stage must be shadow at birth, under the flags' path."
  }
}

run "refuses_a_path_off_the_convention" {
  command = plan

  variables {
    path = "/flags/"
  }

  expect_failures = [var.path]
}

run "refuses_a_missing_flag" {
  command = plan

  variables {
    initial_values = { rollout_stage = "shadow", automation_enabled = "false" }
  }

  expect_failures = [var.initial_values]
}

run "refuses_more_flags_than_one_page_of_the_answer" {
  command = plan

  variables {
    initial_values = merge(
      { safe_mode = "false", automation_enabled = "false", rollout_stage = "shadow" },
      { for number in range(8) : "further_${number}" => "false" },
    )
  }

  expect_failures = [var.initial_values]
}

run "refuses_automation_at_birth" {
  command = plan

  variables {
    initial_values = {
      safe_mode                   = "false"
      automation_enabled          = "true"
      automation_enabled_channels = "livechat,email"
      rollout_stage               = "tier2"
      disabled_templates          = "none"
      classifier                  = "embedded"
      chat_codes                  = "false"
    }
  }

  expect_failures = [var.initial_values]
}

run "refuses_an_empty_value" {
  command = plan

  variables {
    initial_values = {
      safe_mode                   = "false"
      automation_enabled          = "false"
      automation_enabled_channels = "livechat,email"
      rollout_stage               = "shadow"
      disabled_templates          = ""
      classifier                  = "embedded"
      chat_codes                  = "false"
    }
  }

  expect_failures = [var.initial_values]
}
