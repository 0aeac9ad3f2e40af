package stories_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// The stories of this file are about changes by signed-in people that are not
// to go through: after too many guesses, or for what has changed since.

const exceeded = "Password attempts exceeded"

// guessAtPage shows the sign-in page a password.
func guessAtPage(h *housetest.House, name, password string) *housetest.Page {
	b := h.Browser()
	return b.Submit(b.Get("/login"+housetest.Ask()), "cognitoSignInForm", "username", name, "password", password)
}

// Wrong passwords at ChangePassword and at the sign-in page are counted
// together, and lock both: who stole an access token has no more guesses than
// anybody (Cognito: Lockout behavior).
func TestAPIChangePasswordLockout(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		change := func(token *string, from, to string) error {
			_, err := sdk(h).ChangePassword(t.Context(), &cip.ChangePasswordInput{AccessToken: token, PreviousPassword: &from, ProposedPassword: &to})
			return err
		}
		// The tenth failure locks for 2^5 s; before each there is time enough
		// for the lock of the one before.
		const over = 17 * time.Second
		anns := signedIn(t, h, ann, easy).AccessToken
		for range 5 {
			h.Advance(over)
			guessAtPage(h, ann, "wrong12").Shows(wrong)
			h.Advance(over)
			refused(t, change(anns, "wrong12", "another1"), "NotAuthorizedException", wrong)
		}
		guessAtPage(h, ann, "wrong12").Shows(exceeded)
		if p := guessAtPage(h, ann, easy); p.Status != http.StatusOK {
			t.Errorf("who guessed at ChangePassword gets in at the page: %d %v", p.Status, p.Location())
		}
		_, err := byPassword(h, ann, easy)
		refused(t, err, "NotAuthorizedException", exceeded)

		bobs := signedIn(t, h, bob, easy).AccessToken
		for range 10 {
			h.Advance(over)
			guessAtPage(h, bob, "wrong12").Shows(wrong)
		}
		refused(t, change(bobs, easy, "another1"), "NotAuthorizedException", exceeded)
		h.Advance(2 * over)
		must(t, change(bobs, easy, "another1"))
		if p := guessAtPage(h, bob, "another1"); p.Location() == nil { // the count begins anew
			t.Errorf("the new password: %d %s", p.Status, p.Body)
		}
	})
}

// A code proves the address that somebody has: one that was taken away, or
// replaced, does not come back by the code that was sent to it.
func TestAPILateVerificationCode(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		const first, second = "first@example.com", "second@example.com"
		h := apiHouse(t, database, func(p *setup.PoolEntry, _ *setup.ClientEntry) { byName(p) })
		ctx, c := t.Context(), sdk(h)
		invited(t, h, "ann")
		in, err := byPassword(h, "ann", easy)
		must(t, err)
		token := in.AuthenticationResult.AccessToken
		update := func() (code string) {
			_, err := c.UpdateUserAttributes(ctx, &cip.UpdateUserAttributesInput{AccessToken: token, UserAttributes: []types.AttributeType{attribute("email", first)}})
			must(t, err)
			return h.Code(first)
		}
		verify := func(code string) error {
			_, err := c.VerifyUserAttribute(ctx, &cip.VerifyUserAttributeInput{AccessToken: token, AttributeName: aws.String("email"), Code: &code})
			return err
		}
		code := update()
		_, err = c.DeleteUserAttributes(ctx, &cip.DeleteUserAttributesInput{AccessToken: token, UserAttributeNames: []string{"email"}})
		must(t, err)
		named(t, verify(code), "ExpiredCodeException")
		if got := has(t, h, "ann"); got["email"] != "" || got["email_verified"] != "" {
			t.Errorf("the address came back: %v", got)
		}

		code = update()
		_, err = c.AdminUpdateUserAttributes(ctx, &cip.AdminUpdateUserAttributesInput{UserPoolId: poolID(), Username: aws.String("ann"),
			UserAttributes: []types.AttributeType{attribute("email", second), attribute("email_verified", "false")}})
		must(t, err)
		named(t, verify(code), "ExpiredCodeException")
		if got := has(t, h, "ann"); got["email"] != second || got["email_verified"] != "false" {
			t.Errorf("the code of %s proved %v", first, got)
		}
		code = update()
		must(t, verify(code))
		if got := has(t, h, "ann"); got["email"] != first || got["email_verified"] != "true" {
			t.Errorf("the code of the address that is there proved %v", got)
		}
	})
}

// Where an address waits for its code before it counts, the first one of an
// account counts at once; taken away, no late code brings it back.
func TestAPILateVerificationCodeOfTheFirstAddress(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		const first = "first@example.com"
		h := apiHouse(t, database, func(p *setup.PoolEntry, _ *setup.ClientEntry) {
			byName(p)
			p.UserAttributeUpdateSettings = &pool.UserAttributeUpdateSettings{AttributesRequireVerificationBeforeUpdate: []string{"email"}}
		})
		ctx, c := t.Context(), sdk(h)
		invited(t, h, "ann")
		in, err := byPassword(h, "ann", easy)
		must(t, err)
		token := in.AuthenticationResult.AccessToken
		_, err = c.UpdateUserAttributes(ctx, &cip.UpdateUserAttributesInput{AccessToken: token, UserAttributes: []types.AttributeType{attribute("email", first)}})
		must(t, err)
		code := h.Code(first)
		_, err = c.DeleteUserAttributes(ctx, &cip.DeleteUserAttributesInput{AccessToken: token, UserAttributeNames: []string{"email"}})
		must(t, err)
		_, err = c.VerifyUserAttribute(ctx, &cip.VerifyUserAttributeInput{AccessToken: token, AttributeName: aws.String("email"), Code: &code})
		named(t, err, "ExpiredCodeException")
		if got := has(t, h, "ann"); got["email"] != "" || got["email_verified"] != "" {
			t.Errorf("the address came back: %v", got)
		}
	})
}
