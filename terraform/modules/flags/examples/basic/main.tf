terraform {
  required_version = ">= 1.11"
}

module "flags" {
  source = "../.."

  path = "/rp-mw/dev/flags"
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
