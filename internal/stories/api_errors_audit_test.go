package stories_test

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

const anyEvent = "019b0000-0000-7000-8000-000000000000"

// auditCalls name the pool and somebody in it.
func auditCalls() map[string]plainCall {
	return map[string]plainCall{
		"AdminListUserAuthEvents": func(x errand, at target) error {
			return only(x.c.AdminListUserAuthEvents(x.ctx, &cip.AdminListUserAuthEventsInput{UserPoolId: &at.pool, Username: &at.user}))
		},
		"AdminUpdateAuthEventFeedback": func(x errand, at target) error {
			return only(x.c.AdminUpdateAuthEventFeedback(x.ctx, &cip.AdminUpdateAuthEventFeedbackInput{UserPoolId: &at.pool, Username: &at.user, EventId: aws.String(anyEvent), FeedbackValue: types.FeedbackValueTypeValid}))
		},
		"UpdateAuthEventFeedback": func(x errand, at target) error {
			return only(x.c.UpdateAuthEventFeedback(x.ctx, &cip.UpdateAuthEventFeedbackInput{UserPoolId: &at.pool, Username: &at.user, EventId: aws.String(anyEvent), FeedbackToken: &at.token, FeedbackValue: types.FeedbackValueTypeValid}))
		},
	}
}

// auditRefusals are those of the audit trail, which the pool with aliases shows.
func auditRefusals() []refusal {
	const (
		off     = "UserPoolAddOnNotEnabledException"
		none    = "User pool add-ons are not enabled."
		tier    = "FeatureUnavailableInTierException"
		noAudit = "AdvancedSecurityMode AUDIT needs the tier PLUS."
	)
	audit := &types.UserPoolAddOnsType{AdvancedSecurityMode: types.AdvancedSecurityModeTypeAudit}
	shown := usual()
	shown.pool = aliasPool
	var rows []refusal
	for name, call := range auditCalls() {
		rows = append(rows, refusal{name, off, none, func(x errand) error { return call(x, usual()) }})
	}
	return append(rows, []refusal{
		{"CreateUserPool", tier, noAudit, func(x errand) error {
			return only(x.c.CreateUserPool(x.ctx, &cip.CreateUserPoolInput{PoolName: aws.String("audited"), UserPoolTier: types.UserPoolTierTypeEssentials, UserPoolAddOns: audit}))
		}},
		{"UpdateUserPool", tier, noAudit, func(x errand) error {
			return only(x.c.UpdateUserPool(x.ctx, &cip.UpdateUserPoolInput{UserPoolId: aws.String(litePool), UserPoolTier: types.UserPoolTierTypeLite, UserPoolAddOns: audit}))
		}},
		{"AdminListUserAuthEvents", noUser, nobody, func(x errand) error { return auditCalls()["AdminListUserAuthEvents"](x, shown) }},
		{"AdminUpdateAuthEventFeedback", noUser, nobody, func(x errand) error { return auditCalls()["AdminUpdateAuthEventFeedback"](x, shown) }},
		{"AdminUpdateAuthEventFeedback", notFound, "Event " + anyEvent + " does not exist.", func(x errand) error {
			name := aws.String("audited" + x.newcomer()[:8])
			x.must(only(x.c.AdminCreateUser(x.ctx, &cip.AdminCreateUserInput{UserPoolId: aws.String(aliasPool), Username: name, MessageAction: types.MessageActionTypeSuppress})))
			at := shown
			at.user = *name
			return auditCalls()["AdminUpdateAuthEventFeedback"](x, at)
		}},
		{"AdminListUserAuthEvents", invalid, "Invalid pagination token given.", func(x errand) error {
			name := aws.String("paged" + x.newcomer()[:8])
			x.must(only(x.c.AdminCreateUser(x.ctx, &cip.AdminCreateUserInput{UserPoolId: aws.String(aliasPool), Username: name, MessageAction: types.MessageActionTypeSuppress})))
			return only(x.c.AdminListUserAuthEvents(x.ctx, &cip.AdminListUserAuthEventsInput{UserPoolId: aws.String(aliasPool), Username: name, NextToken: aws.String("made-up")}))
		}},
		{"UpdateAuthEventFeedback", unauthorized, "Invalid feedback token.", func(x errand) error { return auditCalls()["UpdateAuthEventFeedback"](x, shown) }},
		{"UpdateAuthEventFeedback", noUser, nobody, func(x errand) error {
			at := shown
			at.token = x.h.FeedbackToken(aliasPool, anyEvent)
			return auditCalls()["UpdateAuthEventFeedback"](x, at)
		}},
	}...)
}
