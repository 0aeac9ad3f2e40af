package main

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http/httptest"
	"os"

	"github.com/aws/aws-sdk-go-v2/credentials"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/rogpeppe/go-internal/testscript"
)

// certificate takes the one that httptest brings along.
func certificate(ts *testscript.TestScript, not bool, args []string) {
	if not || len(args) != 2 {
		ts.Fatalf("usage: certificate CERT KEY")
	}
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	pair := server.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	ts.Check(err)
	for i, block := range []*pem.Block{{Type: "CERTIFICATE", Bytes: pair.Certificate[0]}, {Type: "PRIVATE KEY", Bytes: key}} {
		ts.Check(os.WriteFile(ts.MkAbs(args[i]), pem.EncodeToMemory(block), 0o600))
	}
}

func arn(ts *testscript.TestScript, not bool, args []string) {
	if not || len(args) != 2 {
		ts.Fatalf("usage: arn URL POOL")
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	client := cip.New(cip.Options{Region: "us-east-1", BaseEndpoint: &args[0], Credentials: credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", "any", "")})
	described, err := client.DescribeUserPool(ctx, &cip.DescribeUserPoolInput{UserPoolId: &args[1]})
	ts.Check(err)
	fmt.Fprintln(ts.Stdout(), *described.UserPool.Arn)
}
