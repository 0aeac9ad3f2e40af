package signin

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// Verdict is what somebody says of an event in the audit trail: that it was
// theirs (Valid) or was not (Invalid). Token is what people bring who are not
// signed in; operators bring none.
type Verdict struct{ EventID, Value, Token string }

var (
	errFeedbackToken = &pool.Error{Kind: pool.NotAuthorized, Reason: "feedback"}

	// budgetFeedback bounds what one token may write.
	budgetFeedback = pool.Budget{Action: "feedback", Limit: 5}
)

// FeedbackToken lets its bearer say whether an event was theirs (Cognito:
// FeedbackToken).
func (s *Signin) FeedbackToken(poolID, eventID string) string {
	mac := hmac.New(sha256.New, s.FeedbackKey)
	fmt.Fprintf(mac, "%s|%s", poolID, eventID)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// CheckVerdict refuses a token that is not that of the event.
func (s *Signin) CheckVerdict(poolID string, v Verdict) error {
	if !hmac.Equal([]byte(v.Token), []byte(s.FeedbackToken(poolID, v.EventID))) {
		return errFeedbackToken
	}
	return nil
}

// Judge adds a verdict to the audit trail. The event itself stays as it is, and
// so do earlier verdicts: the newest counts.
func (s *Signin) Judge(ctx context.Context, user pool.User, v Verdict) error {
	e, err := s.DB.Events.Get(ctx, user.UserPoolID, v.EventID)
	if errors.Is(err, store.ErrNotFound) || err == nil && (e.Subject != user.Sub || !e.Judged()) {
		return &pool.Error{Kind: pool.ResourceNotFound, Reason: "event", Args: map[string]string{"event": v.EventID}}
	}
	if err != nil {
		return err
	}
	c, now, provider := pool.CallerOf(ctx), s.Now(), "Administrator"
	if v.Token != "" {
		provider = "User"
		_, err := s.DB.Windows.Upsert(ctx, func(w *pool.Window) error { return w.Use(budgetFeedback, now) }, user.UserPoolID, user.Sub, budgetFeedback.Action)
		if errors.Is(err, &pool.Error{Kind: pool.LimitExceeded}) { // which this operation does not declare
			return errBusy
		}
		if err != nil {
			return err
		}
	}
	return s.DB.Events.Add(ctx, pool.Event{
		UserPoolID: user.UserPoolID, ID: pool.NewEventID(now), Subject: user.Sub, At: now.UnixMilli(), Kind: pool.EventFeedback, Result: pool.Passed,
		From: c.From, Door: c.Door, Operator: c.Operator, About: e.ID, Feedback: v.Value, Provider: provider,
	})
}
