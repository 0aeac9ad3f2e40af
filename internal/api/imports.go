package api

import (
	"context"

	"github.com/poolhouse/poolhouse/internal/pool"
)

func (a *API) getCSVHeader(ctx context.Context, _ *call, in *GetCSVHeaderRequest) (*GetCSVHeaderResponse, error) {
	p, err := a.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	return &GetCSVHeaderResponse{UserPoolId: p.ID, CSVHeader: p.ImportColumns()}, nil
}

func (a *API) createUserImportJob(ctx context.Context, c *call, in *CreateUserImportJobRequest) (*CreateUserImportJobResponse, error) {
	out, err := a.importJob(ctx, c, in.UserPoolId, func(p pool.Pool) (pool.ImportJob, error) {
		if in.PasswordHashingAlgorithm != "" {
			return pool.ImportJob{}, &pool.Error{Kind: pool.InvalidParameter, Reason: "setting", Field: "PasswordHashingAlgorithm", Args: map[string]string{"detail": pool.ErrNotYet.Error()}}
		}
		return a.Imports.Create(ctx, p, in.JobName, in.CloudWatchLogsRoleArn)
	})
	return &CreateUserImportJobResponse{UserImportJob: out}, err
}

func (a *API) describeUserImportJob(ctx context.Context, c *call, in *DescribeUserImportJobRequest) (*DescribeUserImportJobResponse, error) {
	out, err := a.importJob(ctx, c, in.UserPoolId, func(p pool.Pool) (pool.ImportJob, error) { return a.Imports.Get(ctx, p, in.JobId) })
	return &DescribeUserImportJobResponse{UserImportJob: out}, err
}

func (a *API) startUserImportJob(ctx context.Context, c *call, in *StartUserImportJobRequest) (*StartUserImportJobResponse, error) {
	out, err := a.importJob(ctx, c, in.UserPoolId, func(p pool.Pool) (pool.ImportJob, error) { return a.Imports.Start(ctx, p, in.JobId) })
	return &StartUserImportJobResponse{UserImportJob: out}, err
}

func (a *API) stopUserImportJob(ctx context.Context, c *call, in *StopUserImportJobRequest) (*StopUserImportJobResponse, error) {
	out, err := a.importJob(ctx, c, in.UserPoolId, func(p pool.Pool) (pool.ImportJob, error) { return a.Imports.Stop(ctx, p, in.JobId) })
	return &StopUserImportJobResponse{UserImportJob: out}, err
}

func (a *API) listUserImportJobs(ctx context.Context, c *call, in *ListUserImportJobsRequest) (*ListUserImportJobsResponse, error) {
	ask := pageAsk{"ListUserImportJobs|" + in.UserPoolId, in.PaginationToken, in.MaxResults}
	jobs, next, err := paged(a, ask, func(after string, limit int) ([]pool.ImportJob, error) {
		p, err := a.pool(ctx, in.UserPoolId)
		if err != nil {
			return nil, err
		}
		return a.Imports.List(ctx, p, after, limit)
	}, func(j pool.ImportJob) string { return j.ID })
	if err != nil {
		return nil, err
	}
	out := &ListUserImportJobsResponse{UserImportJobs: []UserImportJobType{}, PaginationToken: next}
	for _, j := range jobs {
		out.UserImportJobs = append(out.UserImportJobs, *a.importType(c, j))
	}
	return out, nil
}

// importJob is what a call does with a job of a pool, and how the job stands then.
func (a *API) importJob(ctx context.Context, c *call, poolID string, do func(pool.Pool) (pool.ImportJob, error)) (*UserImportJobType, error) {
	p, err := a.pool(ctx, poolID)
	if err != nil {
		return nil, err
	}
	j, err := do(p)
	return a.importType(c, j), err
}

// importType is a job as the API shows it. The address to upload to is for those
// who may change the pool: whoever has it can.
func (a *API) importType(c *call, j pool.ImportJob) *UserImportJobType {
	out := &UserImportJobType{
		UserPoolId: j.UserPoolID, JobId: j.ID, JobName: j.Name, Status: string(j.Status), CloudWatchLogsRoleArn: j.LogsRole,
		ImportedUsers: &j.Imported, SkippedUsers: &j.Skipped, FailedUsers: &j.Failed, CompletionMessage: j.CompletionMsg,
		CreationDate: Time(j.CreationDate), StartDate: Time(j.StartDate), CompletionDate: Time(j.CompletionDate),
	}
	if c.Operator.May == nil || c.Operator.May(false, j.UserPoolID) {
		if to := a.Imports.UploadURL(j); to != "" {
			out.PreSignedUrl = &to
		}
	}
	return out
}
