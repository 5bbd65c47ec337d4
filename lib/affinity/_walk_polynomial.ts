/**
 * The power λⁿ as a short sum of Chebyshev polynomials on [−1, 1], where all eigenvalues of a random walk on an
 * undirected graph lie: n steps of the walk become about 6·√n products.
 *
 * The coefficient of the k-th polynomial is binomial(n, (n − k) / 2) / 2ⁿ⁻¹ (half of it for k = 0) and falls like a
 * Gaussian of deviation √n. The list ends where all that is left out is below `tolerance`; what remains is scaled to
 * sum to 1, so that constants stay constant.
 *
 * @returns Coefficients by degree.
 */
export function walkPolynomial(steps: number, tolerance = 1e-7): Float64Array {
  // Relative to the middle of the row of Pascal's triangle; every other degree is zero.
  const odd = steps % 2;
  const terms = [odd ? 2 : 1];
  let sum = terms[0]!;
  for (let chosen = (steps - odd) / 2, term = 2; chosen > 0; chosen--) {
    term *= chosen / (steps - chosen + 1);
    terms.push(term);
    sum += term;
  }
  let kept = terms.length, tail = 0;
  while (tail + terms[kept - 1]! <= tolerance * sum) tail += terms[--kept]!;
  const coefficients = new Float64Array(odd + 2 * kept - 1);
  for (let k = 0; k < kept; k++) coefficients[odd + 2 * k] = terms[k]! / (sum - tail);
  return coefficients;
}
