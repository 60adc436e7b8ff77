"""Fewer vectors for a page: means of its rows and columns for the first stage, clusters of similar vectors for storage.

Row and column means as in Qdrant's two-stage search over ColPali (methods.md 9.2); clusters as in the hierarchical token
pooling of Clavié et al., "Reducing the Footprint of Multi-Vector Retrieval" (2024), which colpali-engine applies to
pages: Ward's linkage of the rows of 1 - E Eᵀ.
"""

import numpy as np
import numpy.typing as npt

from retrieval.visual.page import Half, PageVectors, check_multivector, unit_rows

Labels = npt.NDArray[np.int32]


def pool_rows(page: PageVectors) -> Half:
    """One unit vector a row of the grid, top first, and one of the thumbnail where there is one: float16
    (rows [+ 1], d)."""
    return _means(page, axis=1)


def pool_columns(page: PageVectors) -> Half:
    """One unit vector a column of the grid, left first, and one of the thumbnail where there is one: float16
    (columns [+ 1], d)."""
    return _means(page, axis=0)


def pool_hierarchically(vectors: Half, factor: int) -> tuple[Half, Labels]:
    """At most max(n // factor, 1) unit vectors, the means of clusters of similar ones: float16 (m, d), and for each of
    the n vectors which one it went into: int32 (n,). InvalidVector for NaN; ValueError for a factor under 1.

    The input may be over the limits of a multivector: this is how it gets under them.
    """
    if factor < 1:
        raise ValueError(f"A pooling factor is a whole number of at least 1, not {factor!r}.")
    # By parts, because only NaN and shape matter here, not the length.
    for start in range(0, max(len(vectors), 1), 256):
        check_multivector(vectors[start : start + 256])
    count = len(vectors)
    if factor == 1 or count == 1:
        return vectors.astype(np.float16), np.arange(count, dtype=np.int32)
    labels = _clusters(unit_rows(vectors).astype(np.float64), max(count // factor, 1))
    return _cluster_means(vectors, labels), labels


def _means(page: PageVectors, axis: int) -> Half:
    check_multivector(page.vectors)
    pooled = page.grid().mean(axis=axis)
    thumbnail = page.thumbnail()
    if len(thumbnail):
        # The thumbnail takes part in MaxSim, so a first stage without it would miss what only it matches.
        pooled = np.concatenate([pooled, thumbnail.mean(axis=0, keepdims=True)])
    return unit_rows(pooled).astype(np.float16)


def _clusters(vectors: npt.NDArray[np.float64], most: int) -> Labels:
    """Labels from 0 in the order of scipy's cut of the tree.

    The distance between rows i and j of 1 - E Eᵀ is sqrt((eᵢ - eⱼ)ᵀ EᵀE (eᵢ - eⱼ)), so it comes from products of
    d columns instead of rows of n values.
    """
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    products = vectors @ (vectors.T @ vectors) @ vectors.T
    lengths = np.diagonal(products)
    squares = lengths[:, None] + lengths[None, :] - 2.0 * products
    distances = np.sqrt(np.maximum((squares + squares.T) / 2, 0.0))
    np.fill_diagonal(distances, 0.0)
    tree = linkage(squareform(distances, checks=False), method="ward")
    labels: Labels = (fcluster(tree, t=most, criterion="maxclust") - 1).astype(np.int32)
    return labels


def _cluster_means(vectors: Half, labels: Labels) -> Half:
    sums = np.zeros((int(labels.max()) + 1, vectors.shape[1]), dtype=np.float32)
    np.add.at(sums, labels, vectors.astype(np.float32))
    # The length of a sum is that of the mean, but for the scale that goes with it.
    return unit_rows(sums).astype(np.float16)
