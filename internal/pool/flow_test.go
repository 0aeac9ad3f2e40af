package pool_test

import (
	"testing"

	"github.com/poolhouse/poolhouse/internal/pool"
)

func TestCheckFlow(t *testing.T) {
	t.Parallel()
	all := pool.ClientSettings{ExplicitAuthFlows: []string{"ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_USER_AUTH", "ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}}
	none := pool.ClientSettings{ExplicitAuthFlows: []string{"ALLOW_USER_AUTH"}}
	rotates := pool.ClientSettings{ExplicitAuthFlows: none.ExplicitAuthFlows, RefreshTokenRotation: &pool.RefreshTokenRotation{Feature: "ENABLED"}}
	for _, c := range []struct {
		client     pool.ClientSettings
		flow       string
		byOperator bool
		want       string
	}{
		{all, "USER_SRP_AUTH", false, ""}, {all, "USER_PASSWORD_AUTH", false, ""}, {all, "USER_AUTH", false, ""}, {all, "CUSTOM_AUTH", false, ""},
		{all, "REFRESH_TOKEN_AUTH", false, ""}, {all, "ADMIN_USER_PASSWORD_AUTH", true, ""}, {all, "USER_SRP_AUTH", true, ""},
		{all, "ADMIN_USER_PASSWORD_AUTH", false, "flow_operation"},
		{none, "ADMIN_USER_PASSWORD_AUTH", false, "flow_operation"}, {none, "ADMIN_USER_PASSWORD_AUTH", true, "flow_other"},
		{none, "USER_SRP_AUTH", false, "flow_srp"}, {none, "USER_SRP_AUTH", true, "flow_other"},
		{none, "CUSTOM_AUTH", false, "flow_custom"}, {none, "USER_PASSWORD_AUTH", false, "flow"},
		{none, "REFRESH_TOKEN_AUTH", false, "flow_other"}, {rotates, "REFRESH_TOKEN_AUTH", false, "flow_other"}, {rotates, "REFRESH_TOKEN_AUTH", true, "flow_other"},
	} {
		got, err := "", c.client.CheckFlow(c.flow, c.byOperator)
		if e := pool.AsError(err); e != nil {
			got = e.Reason
		}
		if got != c.want {
			t.Errorf("%v, %s, operator %t: %q, want %q", c.client.ExplicitAuthFlows, c.flow, c.byOperator, got, c.want)
		}
	}
}
