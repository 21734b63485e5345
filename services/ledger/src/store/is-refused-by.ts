/** Whether the database refused a statement so, and by a constraint whose name ends so. */
export function isRefusedBy(error: unknown, sqlState: string, constraint = ''): boolean {
  const { code, constraint: violated } = Object(error) as { code?: unknown; constraint?: unknown };
  return code === sqlState && (constraint === '' || String(violated).endsWith(constraint));
}
