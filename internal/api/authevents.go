package api

import (
	"context"
	"maps"
	"slices"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/signin"
	"github.com/poolhouse/poolhouse/internal/store"
)

// The audit trail as operators read it by the API (Cognito: Viewing and
// exporting user event history), and what is said of its events.

// eventsPage is how many events a page holds at most (Cognito: QueryLimitType).
const eventsPage = 60

// eventTypes are the kinds of events that the API has a word for.
func eventTypes() map[pool.EventKind]string {
	return map[pool.EventKind]string{
		pool.EventSignIn: "SignIn", pool.EventSignUp: "SignUp", pool.EventForgot: "ForgotPassword", pool.EventResend: "ResendCode",
		pool.EventReset: "PasswordChange", pool.EventChangePassword: "PasswordChange", pool.EventChoosePassword: "PasswordChange",
	}
}

// heard loads a pool whose events the API shows.
func (a *API) heard(ctx context.Context, poolID string) (pool.Pool, error) {
	p, err := a.pool(ctx, poolID)
	if err == nil {
		err = p.CheckAddOns()
	}
	return p, err
}

// heardOf loads somebody in such a pool too.
func (a *API) heardOf(ctx context.Context, poolID string, username Sensitive) (pool.Pool, pool.User, error) {
	p, err := a.heard(ctx, poolID)
	if err != nil {
		return p, pool.User{}, err
	}
	user, err := a.Accounts.Find(ctx, p, string(username))
	return p, user, err
}

func (a *API) adminListUserAuthEvents(ctx context.Context, _ *call, in *AdminListUserAuthEventsRequest) (*AdminListUserAuthEventsResponse, error) {
	p, user, err := a.heardOf(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	types := eventTypes()
	ask := pageAsk{"AuthEvents|" + p.ID + "|" + user.Sub, in.NextToken, limitOf(in.MaxResults, eventsPage)}
	events, next, err := paged(a, ask, func(after string, limit int) ([]pool.Event, error) {
		return a.DB.Events.List(ctx, store.EventPage{
			UserPoolID: p.ID, Subject: user.Sub, Kinds: slices.Sorted(maps.Keys(types)), Newest: true, After: after, Limit: limit,
		})
	}, func(e pool.Event) string { return e.ID })
	if err != nil {
		return nil, err
	}
	feedback, err := a.DB.Events.On(ctx, p.ID, events)
	if err != nil {
		return nil, err
	}
	out := &AdminListUserAuthEventsResponse{AuthEvents: []AuthEventType{}, NextToken: next}
	for _, e := range events {
		out.AuthEvents = append(out.AuthEvents, authEventType(types[e.Kind], e, feedback[e.ID]))
	}
	return out, nil
}

// authEventType is an event in the API's words. Nothing here scores a risk.
func authEventType(kind string, e, feedback pool.Event) AuthEventType {
	out := AuthEventType{
		EventId: &e.ID, EventType: kind, CreationDate: Time(e.At), EventResponse: map[pool.EventResult]string{pool.Passed: "Pass", pool.Refused: "Fail", pool.Waiting: "InProgress"}[e.Result],
		EventRisk: &EventRiskType{RiskDecision: "NoRisk", CompromisedCredentialsDetected: new(false)}, ChallengeResponses: []ChallengeResponseType{},
	}
	if right, shown := e.ShowsPassword(); shown {
		response := map[bool]string{true: "Success", false: "Failure"}[right]
		out.ChallengeResponses = append(out.ChallengeResponses, ChallengeResponseType{ChallengeName: "Password", ChallengeResponse: response})
	}
	if e.From != (pool.Device{}) {
		device := deviceType(e.From.UserAgent)
		out.EventContextData = &EventContextDataType{IpAddress: &e.From.IP, DeviceName: &device}
	}
	if feedback.Feedback != "" {
		out.EventFeedback = &EventFeedbackType{FeedbackValue: feedback.Feedback, Provider: feedback.Provider, FeedbackDate: Time(feedback.At)}
	}
	return out
}

func (a *API) adminUpdateAuthEventFeedback(ctx context.Context, _ *call, in *AdminUpdateAuthEventFeedbackRequest) (*AdminUpdateAuthEventFeedbackResponse, error) {
	_, user, err := a.heardOf(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	return &AdminUpdateAuthEventFeedbackResponse{}, a.Signin.Judge(ctx, user, signin.Verdict{EventID: in.EventId, Value: in.FeedbackValue})
}

// updateAuthEventFeedback looks at the token first: without a good one nobody
// hears who or what there is.
func (a *API) updateAuthEventFeedback(ctx context.Context, _ *call, in *UpdateAuthEventFeedbackRequest) (*UpdateAuthEventFeedbackResponse, error) {
	p, err := a.heard(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	verdict := signin.Verdict{EventID: in.EventId, Value: in.FeedbackValue, Token: string(in.FeedbackToken)}
	if err := a.Signin.CheckVerdict(p.ID, verdict); err != nil {
		return nil, err
	}
	user, err := a.Accounts.Find(ctx, p, string(in.Username))
	if err != nil {
		return nil, err
	}
	return &UpdateAuthEventFeedbackResponse{}, a.Signin.Judge(ctx, user, verdict)
}
