package main

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

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

func importPeople(ts *testscript.TestScript, not bool, args []string) {
	if not || len(args) != 4 {
		ts.Fatalf("usage: imports URL POOL NAME FILE")
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	client := cip.New(cip.Options{Region: "us-east-1", BaseEndpoint: &args[0], Credentials: credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", "any", "")})
	role, name := "arn:aws:iam::123456789012:role/name", strings.NewReplacer(`\n`, "\n").Replace(args[2])
	made, err := client.CreateUserImportJob(ctx, &cip.CreateUserImportJobInput{UserPoolId: &args[1], JobName: &name, CloudWatchLogsRoleArn: &role})
	ts.Check(err)
	job := made.UserImportJob
	put, err := http.NewRequestWithContext(ctx, http.MethodPut, *job.PreSignedUrl, strings.NewReader(ts.ReadFile(args[3])))
	ts.Check(err)
	response, err := http.DefaultClient.Do(put)
	ts.Check(err)
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		ts.Fatalf("the upload is answered %s", response.Status)
	}
	_, err = client.StartUserImportJob(ctx, &cip.StartUserImportJobInput{UserPoolId: &args[1], JobId: job.JobId})
	ts.Check(err)
	for job.CompletionDate == nil {
		time.Sleep(10 * time.Millisecond)
		now, err := client.DescribeUserImportJob(ctx, &cip.DescribeUserImportJobInput{UserPoolId: &args[1], JobId: job.JobId})
		ts.Check(err)
		job = now.UserImportJob
	}
	fmt.Fprintln(ts.Stdout(), *job.JobId)
}

// What somebody chose reaches a terminal or a spreadsheet as text.
func TestCells(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"people of before": "people of before", "": "", "=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@SUM(1)": "'@SUM(1)", "\t=1": "'=1", " \n-1": "'-1",
		"a\x1b[31mb": "a [31mb", "a\tb\nc\rd": "a b c d", "a\u202eb": "a b", "a\u2028b": "a b", "a\u009bb": "a b", "1=1": "1=1",
	} {
		if got := cell(text); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
}
