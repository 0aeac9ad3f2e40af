package stories_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// An operator's program signs somebody in: with a password for good, and with
// a temporary one that has to be replaced first.
func TestAPIAdminSignIn(t *testing.T) {
	t.Parallel()
	h := apiHouse(t, "", nil)
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
}
