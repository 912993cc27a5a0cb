"""What `textune check` checks before anything runs."""

from pathlib import Path

from textune.data.sources.registry import OF_FILES, require_source
from textune.params import Params
from textune.pipeline.stages import require_stages
from textune.pipeline.tracking import require_model_tracked, require_tracked
from textune.runs.tuning import FLAG
from textune.stats.comparison_file import pair_keys
from textune.stats.results import declared_pairs


def check(params: Params) -> list[str]:
    """Check the parameters of all methods, the pipeline and the model; return warnings.

    Raises `UserError` for what could not run.
    """
    methods = {name: params.method(name) for name in params.methods}
    require_source(params.data)
    if params.data.source in OF_FILES:
        require_tracked(Path(params.data.path))
    pair_keys(declared_pairs(params.methods))
    require_stages(methods)
    require_model_tracked(params.model)

    # Heavy, and of no use before the rest is right.
    from textune.modeling.compatibility import lacking, lacks
    from textune.pipeline.adoption import tuned_elsewhere
    from textune.pipeline.rehearsal import Rehearsal
    from textune.training.quiet import quieten

    quieten()
    missing = lacking(params.model, methods, Rehearsal(params).attempt)
    if missing and not params.methods_by_default:
        raise lacks(methods, missing)
    warnings = [f"{name} is skipped: {reason}" for name, reason in missing.items()]
    untuned = [name for name in tuned_elsewhere(params) if name not in missing]
    if not untuned:
        return warnings
    return [
        *warnings,
        f"the recipes of {', '.join(untuned)} were not tuned on this data with this model; to tune"
        f" every method: `{FLAG}`",
    ]
