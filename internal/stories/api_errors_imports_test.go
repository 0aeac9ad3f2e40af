package stories_test

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

const (
	importOperations = "GetCSVHeader CreateUserImportJob DescribeUserImportJob ListUserImportJobs StartUserImportJob StopUserImportJob"

	noImport  = "import-none"
	notMet    = "PreconditionNotMetException"
	importing = "UserImportInProgressException"
)

func importCalls() map[string]plainCall {
	return map[string]plainCall{
		"GetCSVHeader": func(x errand, at target) error {
			return only(x.c.GetCSVHeader(x.ctx, &cip.GetCSVHeaderInput{UserPoolId: &at.pool}))
		},
		"CreateUserImportJob": func(x errand, at target) error {
			return only(x.c.CreateUserImportJob(x.ctx, &cip.CreateUserImportJobInput{UserPoolId: &at.pool, JobName: aws.String("plain"), CloudWatchLogsRoleArn: aws.String(logsRole)}))
		},
		"DescribeUserImportJob": func(x errand, at target) error {
			return only(x.c.DescribeUserImportJob(x.ctx, &cip.DescribeUserImportJobInput{UserPoolId: &at.pool, JobId: aws.String(noImport)}))
		},
		"ListUserImportJobs": func(x errand, at target) error {
			return only(x.c.ListUserImportJobs(x.ctx, &cip.ListUserImportJobsInput{UserPoolId: &at.pool, MaxResults: aws.Int32(1)}))
		},
		"StartUserImportJob": func(x errand, at target) error {
			return only(x.c.StartUserImportJob(x.ctx, &cip.StartUserImportJobInput{UserPoolId: &at.pool, JobId: aws.String(noImport)}))
		},
		"StopUserImportJob": func(x errand, at target) error {
			return only(x.c.StopUserImportJob(x.ctx, &cip.StopUserImportJobInput{UserPoolId: &at.pool, JobId: aws.String(noImport)}))
		},
	}
}

// inNewPool is a mover into a pool of its own.
func (x errand) inNewPool() mover {
	x.Helper()
	m := newMover(x.T, x.h)
	m.pool = newPool(x.T, x.c, cip.CreateUserPoolInput{PoolName: aws.String("imports"), AutoVerifiedAttributes: []types.VerifiedAttributeType{"email"}})
	return m
}

// elsewhere starts a job as if another node had it in hands: it goes on as long as
// nobody stops it.
func (m mover) elsewhere(j *types.UserImportJobType) *types.UserImportJobType {
	m.t.Helper()
	must(m.t, runElsewhere(m.t.Context(), m.h, m.pool, *j.JobId))
	return j
}

func runElsewhere(ctx context.Context, h *housetest.House, poolID, job string) error {
	now := h.Now().UnixMilli()
	return h.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
		p, err := tx.Pools.Get(ctx, poolID)
		if err != nil {
			return err
		}
		started, err := tx.Imports.Jobs.Update(ctx, func(j *pool.ImportJob) error { return j.Start(p, false, now) }, poolID, job)
		if err != nil {
			return err
		}
		if err := tx.Imports.Enqueue(ctx, started); err != nil {
			return err
		}
		return tx.Imports.Hold(ctx, started, "", now+1<<40)
	})
}

// known is a job with an id that is known beforehand, and without a file.
func (m mover) known(status pool.ImportStatus) *types.UserImportJobType {
	m.t.Helper()
	j := pool.ImportJob{UserPoolID: m.pool, ID: "import-known", Status: status, CreationDate: m.h.Now().UnixMilli()}
	must(m.t, m.h.DB.Imports.Jobs.Create(m.t.Context(), &j, m.pool, j.ID))
	return &types.UserImportJobType{JobId: &j.ID}
}

func importRefusals() []refusal {
	usually := func(call string) func(errand) error {
		return func(x errand) error { return importCalls()[call](x, usual()) }
	}
	busy := func(call string) func(errand) error {
		return func(x errand) error {
			m := x.inNewPool()
			m.elsewhere(m.uploaded(m.file()))
			at := usual()
			at.pool = m.pool
			return plainCalls()[call](x, at)
		}
	}
	const missing = "User import job " + noImport + " does not exist."
	return []refusal{
		{"DescribeUserImportJob", notFound, missing, usually("DescribeUserImportJob")},
		{"StartUserImportJob", notFound, missing, usually("StartUserImportJob")},
		{"StopUserImportJob", notFound, missing, usually("StopUserImportJob")},
		{"ListUserImportJobs", invalid, "Invalid pagination token given.", func(x errand) error {
			return only(x.c.ListUserImportJobs(x.ctx, &cip.ListUserImportJobsInput{UserPoolId: poolID(), MaxResults: aws.Int32(1), PaginationToken: aws.String("made-up")}))
		}},
		{"CreateUserImportJob", invalid, "PasswordHashingAlgorithm: this setting is not supported yet", func(x errand) error {
			return only(x.c.CreateUserImportJob(x.ctx, &cip.CreateUserImportJobInput{UserPoolId: poolID(), JobName: aws.String("hashes"), CloudWatchLogsRoleArn: aws.String(logsRole), PasswordHashingAlgorithm: types.PasswordHashingAlgorithmTypeBcrypt}))
		}},
		{"CreateUserImportJob", notMet, "The user pool must have at least one auto verified attribute to import users.", func(x errand) error {
			at := usual()
			at.pool = newPool(x.T, x.c, cip.CreateUserPoolInput{PoolName: aws.String("silent")})
			return importCalls()["CreateUserImportJob"](x, at)
		}},
		{"CreateUserImportJob", limited, "A user pool can have at most 1,000 user import jobs.", func(x errand) error {
			m := x.inNewPool()
			x.must(x.h.DB.Tx(x.ctx, func(ctx context.Context, tx *store.DB) error {
				for i := range pool.MaxImportJobs {
					if err := tx.Imports.Jobs.Create(ctx, &pool.ImportJob{}, m.pool, fmt.Sprint("import-", i)); err != nil {
						return err
					}
				}
				return nil
			}))
			at := usual()
			at.pool = m.pool
			return importCalls()["CreateUserImportJob"](x, at)
		}},
		{"StartUserImportJob", notMet, "No csv file was uploaded for import-known", func(x errand) error {
			m := x.inNewPool()
			return only(m.start(m.known(pool.ImportCreated)))
		}},
		{"StartUserImportJob", notMet, "The import job import-known cannot be started: its status is Stopped.", func(x errand) error {
			m := x.inNewPool()
			return only(m.start(m.known(pool.ImportStopped)))
		}},
		{"StartUserImportJob", notMet, "Another import job of the user pool is running.", func(x errand) error {
			m := x.inNewPool()
			m.elsewhere(m.uploaded(m.file()))
			return only(m.start(m.uploaded(m.file())))
		}},
		{"StopUserImportJob", notMet, "The import job import-known cannot be stopped: its status is Created.", func(x errand) error {
			m := x.inNewPool()
			return only(m.stop(m.known(pool.ImportCreated)))
		}},
		{"UpdateUserPool", importing, importRuns, busy("UpdateUserPool")},
		{"DeleteUserPool", importing, importRuns, busy("DeleteUserPool")},
		{"AddCustomAttributes", importing, importRuns, busy("AddCustomAttributes")},
	}
}
