resource "aws_ssm_parameter" "this" {
  for_each = var.initial_values

  name        = "${var.path}/${each.key}"
  description = "rp-mw flag ${each.key}; set it with rp-mw flags, which records who, when and why."
  type        = "String"
  value       = each.value

  lifecycle {
    ignore_changes  = [value]
    prevent_destroy = true
  }
}
