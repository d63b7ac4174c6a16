#!/usr/bin/env bash
# jq maps the records and cuts batches of 100, one a line; GNU parallel posts two at a time with
# curl, asks for each job, and notes each batch in its job log. The results lie beside the log.
# Usage: parallel.sh RECORDS SERVER FOLDER
set -euo pipefail

records=$1
export base=$2/api/2026-05
export results=$3/results
mkdir -p "$results"

carry() {
  local job told
  job=$(curl -sSf -H 'Authorization: Bearer bench' -H 'Content-Type: application/json' \
    --data-binary @- "$base/import/videos" | cut -d '"' -f 4)
  told=$results/$job.json
  until curl -sSf -H 'Authorization: Bearer bench' "$base/import/videos/status?id=$job" -o "$told" &&
    grep -q '"finished": *true' "$told"; do sleep 0.1; done
}
export -f carry

jq -cn '
  def video: {
    id: ("talk-" + .slug), url, fileName: .title,
    metadata: {title, credit: (.speakers | join(", "))}
  };
  def batches: [limit(100; inputs)]
    | select(length > 0) | {systemName: "archive", videos: map(video)}, batches;
  batches' "$records" |
  SHELL=$(command -v bash) parallel --will-cite --pipe -N 1 --jobs 2 --joblog "$3/jobs.log" carry
