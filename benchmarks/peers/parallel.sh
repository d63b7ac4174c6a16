#!/usr/bin/env bash
# jq maps the records to batches of 100, one per line. GNU parallel posts two at a time with curl,
# polls each job, and records each batch in its job log. The results are written beside the log.
# Usage: parallel.sh RECORDS SERVER FOLDER
set -euo pipefail

records=$1
export base=$2/api/2026-05
export results=$3/results
mkdir -p "$results"

import_batch() {
  local job answer
  job=$(curl -sSf -H 'Authorization: Bearer benchmark-token' -H 'Content-Type: application/json' \
    --data-binary @- "$base/import/videos" | cut -d '"' -f 4)
  answer=$results/$job.json
  until curl -sSf -H 'Authorization: Bearer benchmark-token' "$base/import/videos/status?id=$job" -o "$answer" &&
    grep -q '"finished": *true' "$answer"; do sleep 0.1; done
}
export -f import_batch

jq -cn '
  def video: {
    id: ("talk-" + .slug), url, fileName: .title,
    metadata: {title, credit: (.speakers | join(", "))}
  };
  def batches: [limit(100; inputs)]
    | select(length > 0) | {systemName: "archive", videos: map(video)}, batches;
  batches' "$records" |
  SHELL=$(command -v bash) parallel --will-cite --pipe -N 1 --jobs 2 --joblog "$3/jobs.log" import_batch
