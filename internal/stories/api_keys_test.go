package stories_test

import (
	"context"
	"io"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/password"
	"github.com/poolhouse/poolhouse/internal/server"
)

// strict is a server as it is in production: operators' calls need a key of its
// own ledger. It returns its URL, and the ledger beside it.
func strict(t *testing.T, database string) (string, server.Ledger) {
	t.Helper()
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	ledger := server.Ledger{Database: database, MasterKeyFile: filepath.Join(t.TempDir(), "master.key"), Region: "us-east-1", Log: log}
	listeners, err := server.Listen("127.0.0.1:0")
	must(t, err)
	address := listeners[0].Addr().String()
	light := password.Light()
	s, err := server.New(t.Context(), server.Config{
		Listen: address, URL: "http://" + address, Database: database, MasterKeyFile: ledger.MasterKeyFile, Mail: "smtp://127.0.0.1:1?from=pool@example.com&tls=none",
		Region: "us-east-1", Account: "123456789012", Apply: housetest.Document(t, nil), Log: log, Hash: &light,
	})
	must(t, err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx, listeners) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return "http://" + address, ledger
}

// signer is AWS's client with a key.
func signer(url, id, secret string) *cip.Client {
	return cip.New(cip.Options{Region: "us-east-1", BaseEndpoint: &url, RetryMaxAttempts: 1, Credentials: credentials.NewStaticCredentialsProvider(id, secret, "")})
}

// Only a key of the ledger makes an operator's call, within its limits, and
// only until it is revoked.
func TestAPIOperatorKeys(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		url, ledger := strict(t, database)
		ctx := t.Context()
		add := func(ask server.Key) (server.Key, *cip.Client) {
			t.Helper()
			k, err := server.AddKey(ctx, ledger, ask)
			must(t, err)
			return k, signer(url, k.ID, k.Secret.Reveal())
		}
		list := func(c *cip.Client) error {
			_, err := c.ListUserPools(ctx, &cip.ListUserPoolsInput{MaxResults: aws.Int32(1)})
			return err
		}
		look := func(c *cip.Client, id string) error {
			_, err := c.DescribeUserPool(ctx, &cip.DescribeUserPoolInput{UserPoolId: &id})
			return err
		}
		full, operator := add(server.Key{Name: "ci"})
		must(t, list(operator))
		other := newPool(t, operator, cip.CreateUserPoolInput{PoolName: aws.String("other")})
		must(t, look(operator, other))

		const unknown = "The security token included in the request is invalid."
		refused(t, list(signer(url, "AKIAIOSFODNN7EXAMPLE", "anything")), "UnrecognizedClientException", unknown)
		throws(t, list(signer(url, full.ID, full.Secret.Reveal()+"x")), "InvalidSignatureException", "does not match the signature you provided")

		_, reader := add(server.Key{Name: "reader", ReadOnly: true})
		must(t, list(reader))
		must(t, look(reader, other))
		_, err := reader.UpdateUserPool(ctx, &cip.UpdateUserPoolInput{UserPoolId: &other})
		refused(t, err, "AccessDeniedException", "User: arn:aws:iam::123456789012:user/reader is not authorized to perform: cognito-idp:UpdateUserPool because no identity-based policy allows the cognito-idp:UpdateUserPool action")

		_, bound := add(server.Key{Pools: []string{other}})
		must(t, look(bound, other))
		_, err = bound.UpdateUserPool(ctx, &cip.UpdateUserPoolInput{UserPoolId: &other, PoolName: aws.String("mine")})
		must(t, err)
		throws(t, look(bound, housetest.PoolID), "AccessDeniedException", "DescribeUserPool")
		throws(t, list(bound), "AccessDeniedException", "ListUserPools")
		throws(t, look(bound, "us-east-1_None00001"), "AccessDeniedException", "DescribeUserPool") // not: does not exist

		must(t, server.RevokeKey(ctx, ledger, full.ID))
		refused(t, list(operator), "UnrecognizedClientException", unknown)
		must(t, list(reader))
		keys, err := server.ListKeys(ctx, ledger)
		must(t, err)
		for _, k := range keys {
			if k.ID == full.ID || k.Secret != "" {
				t.Errorf("listed %+v with a secret of %d characters", k, len(k.Secret))
			}
		}
		if len(keys) != 2 {
			t.Errorf("%d keys are left", len(keys))
		}
	})
}

// What people do needs no key, and a bad one does no harm.
func TestAPIPeopleNeedNoKey(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		url, ledger := strict(t, database)
		ctx := t.Context()
		full, err := server.AddKey(ctx, ledger, server.Key{Name: "ci"})
		must(t, err)
		_, err = signer(url, "", "").InitiateAuth(ctx, &cip.InitiateAuthInput{AuthFlow: "USER_SRP_AUTH", ClientId: clientID(), AuthParameters: map[string]string{}})
		throws(t, err, "InvalidParameterException", "USERNAME")
		_, err = signer(url, full.ID, "wrong").InitiateAuth(ctx, &cip.InitiateAuthInput{AuthFlow: "USER_SRP_AUTH", ClientId: clientID(), AuthParameters: map[string]string{}})
		throws(t, err, "InvalidParameterException", "USERNAME")
	})
}
