-- Kind: view
-- Title: Priors of EBGM: mixture of two gamma distributions of the reporting ratio, fitted to the whole database
-- Grain: event_level
-- Reads: signals.prior
-- Source: docs/statistics.md, "Priors". Given the ratio, a count is Poisson with mean ratio * expected.
-- Columns:
--   event_level: level of the events of the pairs
--   status: fitted; too few pairs, not converged or points only, then the level has no EBGM
--   prior_as_of: quarter up to which the pairs are counted
--   likelihood: B, that of a count given that the pair was reported
--   alpha1: shape of component 1, the one with the larger mean
--   beta1: its rate; the mean is alpha1 / beta1
--   alpha2: shape of component 2
--   beta2: its rate
--   p: weight of component 1
--   is_at_edge: a component shrank to a point or to nothing; its own numbers mean nothing, scores do
--   nll: negative log-likelihood of the pairs, natural logarithm
--   gradient_norm: largest derivative of nll at the optimum; of the order of 0 where it was found
--   n_starts: points that the search began from
--   n_starts_agreeing: those that ended at the best optimum; few mean several optima or a ridge
--   n_pairs: pairs of a substance and an event of the level with at least one report
select
    fitted.event_level,
    fitted.status,
    fitted.prior_as_of,
    fitted.likelihood,
    fitted.alpha1,
    fitted.beta1,
    fitted.alpha2,
    fitted.beta2,
    fitted.p,
    fitted.is_at_edge,
    fitted.nll,
    fitted.gradient_norm,
    fitted.n_starts,
    fitted.n_starts_agreeing,
    fitted.n_pairs
from signals.prior as fitted
