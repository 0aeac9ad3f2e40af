package api

import (
	"context"
	"errors"
	"slices"

	"github.com/poolhouse/poolhouse/internal/api/model"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/sigv4"
)

// What the door adds to the audit trail: every change by an operator, what they
// were refused, and what was refused to people before a verb could note it.

// noted runs an operation. The event is written before the answer is given, for
// some changes in one transaction with them; a change that is refused by a rule
// leaves none.
func (a *API) noted(ctx context.Context, c *call, op operation, in model.Object) (out any, err error) {
	note := (*pool.Note)(nil)
	switch kind, ofPeople := a.peopleDo(c.Operation); {
	case ofPeople:
		ctx, note = pool.NotingAtDoor(ctx, kind, a.Now)
	case op.auth == byOperator && !reads(c.Operation) && c.Operation != "AdminUpdateAuthEventFeedback": // which is an event itself
		ctx, note = pool.NotingOperation(ctx, a.change(c, in), a.Now)
	}
	defer a.DB.Events.Close(ctx, note, &err)
	if out, err = op.run(ctx, c, in); err == nil {
		nameMade(note, out)
	}
	return out, err
}

// peopleDo says which operations are what people do, whoever calls them.
func (a *API) peopleDo(operation string) (pool.EventKind, bool) {
	switch operation {
	case "InitiateAuth", "RespondToAuthChallenge", "AdminInitiateAuth", "AdminRespondToAuthChallenge":
		return pool.EventSignIn, true
	case "SignUp":
		return pool.EventSignUp, true
	case "ConfirmSignUp":
		return pool.EventConfirm, true
	case "ResendConfirmationCode":
		return pool.EventResend, true
	case "ForgotPassword":
		return pool.EventForgot, true
	case "ConfirmForgotPassword":
		return pool.EventReset, true
	case "GetTokensFromRefreshToken":
		return pool.EventToken, true
	case "RevokeToken":
		return pool.EventRevoke, true
	}
	return "", false
}

// targets are the members that name the thing which an operation changes; none
// of them can hold a secret.
func targets() []string {
	return []string{"ClientId", "GroupName", "Identifier", "ProviderName", "Domain", "ClientSecretId", "SessionId", "EventId", "JobId"}
}

// change is the event of an operator's call: the names of its members, and of
// the values only those that name what is changed. Pools that come and go are in
// the trail of the house, which outlives them.
func (a *API) change(c *call, in model.Object) pool.Event {
	e := pool.Event{UserPoolID: poolOf(in), Operation: c.Operation, Target: map[string]string{}}
	for _, m := range a.model.Operations[c.Operation].Input.Members {
		value, there := in[m.Name]
		if !there || value == nil {
			continue
		}
		e.Members = append(e.Members, m.Name)
		if text, ok := value.(string); ok && slices.Contains(targets(), m.Name) {
			e.Target[m.Name] = text
		}
	}
	slices.Sort(e.Members)
	if c.Operation == "DeleteUserPool" {
		e.Target["UserPoolId"], e.UserPoolID = e.UserPoolID, ""
	}
	return e
}

// nameMade adds what only the answer names.
func nameMade(note *pool.Note, out any) {
	switch made := out.(type) {
	case *CreateUserPoolResponse:
		note.On("UserPoolId", made.UserPool.Id)
	case *CreateUserPoolClientResponse:
		note.On("ClientId", string(made.UserPoolClient.ClientId))
	case *CreateUserImportJobResponse:
		note.On("JobId", made.UserImportJob.JobId)
	case *AddUserPoolClientSecretResponse:
		note.On("ClientSecretId", made.ClientSecretDescriptor.ClientSecretId)
	}
}

// denied records that an operator's call was refused for who makes it. It is in
// the trail of the house: the pool that it names may be none.
func (a *API) denied(ctx context.Context, c *call, poolID string, refused error) error {
	reason := pool.ReasonSignature
	forged, isForged := errors.AsType[*sigv4.Error](refused)
	_, isRefusal := errors.AsType[*wireError](refused)
	switch {
	case isForged && forged.Reason == sigv4.UnknownKey:
		reason = pool.ReasonUnknownKey
	case isRefusal:
		reason = pool.ReasonDenied
	case !isForged:
		return refused // a fault
	}
	e := pool.Event{Operation: c.Operation, Reason: reason, Target: map[string]string{}}
	if pool.ValidPoolID(poolID) {
		e.Target["UserPoolId"] = poolID
	}
	if key := c.Operator.Name.Key; key != "" && reason == pool.ReasonSignature { // there is such a key; who signed may not have it
		e.Target["AccessKeyId"] = key
	}
	if err := a.DB.Events.Add(context.WithoutCancel(ctx), pool.Denied(ctx, e, a.Now)); err != nil {
		return err
	}
	return refused
}
