package stories_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/poolhouse/poolhouse/internal/housetest"
)

// An operator's program signs somebody in: with a password for good, and with
// a temporary one that has to be replaced first.
func TestAPIAdminSignIn(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		ctx, c, ann := t.Context(), sdk(h), "ann@example.com"
		join(t, h, ann, "secret1")
		begin := func(password string) (*cip.AdminInitiateAuthOutput, error) {
			return c.AdminInitiateAuth(ctx, &cip.AdminInitiateAuthInput{AuthFlow: types.AuthFlowTypeAdminUserPasswordAuth, ClientId: clientID(), UserPoolId: poolID(),
				AuthParameters: map[string]string{"USERNAME": ann, "PASSWORD": password}})
		}
		in, err := begin("secret1")
		if err != nil || in.AuthenticationResult == nil {
			t.Fatalf("AdminInitiateAuth: %+v, %v", in, err)
		}
		if _, err := c.GetUser(ctx, &cip.GetUserInput{AccessToken: in.AuthenticationResult.AccessToken}); err != nil {
			t.Errorf("its access token: %v", err)
		}
		_, err = begin("wrong12")
		refused(t, err, "NotAuthorizedException", wrong)

		if _, err := c.AdminSetUserPassword(ctx, &cip.AdminSetUserPasswordInput{UserPoolId: poolID(), Username: &ann, Password: aws.String("given-1")}); err != nil {
			t.Fatal(err)
		}
		in, err = begin("given-1")
		if err != nil || in.ChallengeName != types.ChallengeNameTypeNewPasswordRequired {
			t.Fatalf("a temporary password: %+v, %v", in, err)
		}
		out, err := c.AdminRespondToAuthChallenge(ctx, &cip.AdminRespondToAuthChallengeInput{ClientId: clientID(), UserPoolId: poolID(), Session: in.Session,
			ChallengeName: types.ChallengeNameTypeNewPasswordRequired, ChallengeResponses: map[string]string{"USERNAME": ann, "NEW_PASSWORD": "my-own-1"}})
		if err != nil || out.AuthenticationResult == nil {
			t.Fatalf("AdminRespondToAuthChallenge: %+v, %v", out, err)
		}
		if _, err := byPassword(h, ann, "my-own-1"); err != nil {
			t.Errorf("the new password: %v", err)
		}
	})
}

// Operators who set a password at the same time are not told that it is wrong:
// they have shown none. One of the passwords is the one that works.
func TestAPIRaceSetPassword(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		ctx, c, ann := t.Context(), sdk(h), "ann@example.com"
		join(t, h, ann, "secret1")
		const operators = 8
		password := func(i int) string { return fmt.Sprint("given-", i) }
		errs := make([]error, operators)
		atOnce(operators, func(i int) {
			_, errs[i] = c.AdminSetUserPassword(ctx, &cip.AdminSetUserPasswordInput{UserPoolId: poolID(), Username: &ann, Password: aws.String(password(i)), Permanent: true})
		})
		works := 0
		for i, err := range errs {
			must(t, err)
			h.Advance(16 * time.Minute) // no lock from the passwords before it
			if _, err := byPassword(h, ann, password(i)); err == nil {
				works++
			}
		}
		if works != 1 {
			t.Errorf("%d of the passwords work", works)
		}
	})
}
