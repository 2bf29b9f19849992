/** Asking the API for one call, and saying in plain words what went wrong. */

const PATIENCE_MS = 10_000;

export async function fetchCall(id, signal) {
  let response;
  try {
    response = await fetch(`/api/calls/${id}/`, {
      headers: { Accept: "application/json" },
      signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
    });
  } catch (problem) {
    throw new Error(
      problem.name === "TimeoutError" ? "The server took too long to answer." : "The server could not be reached.",
    );
  }
  if (response.ok) return response.json();
  if (response.status === 404)
    throw Object.assign(new Error("This call is not there, or not among those you may see."), { again: false });
  if (response.status === 401 || response.status === 403)
    throw new Error("You are no longer signed in, or may not see this call.");
  throw new Error(`The server could not tell (${response.status}). What it has stored is safe.`);
}
