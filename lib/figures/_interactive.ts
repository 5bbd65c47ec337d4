/** Whether the page of this notebook has been given Plotly. */
export const page = { hasPlotly: false };
