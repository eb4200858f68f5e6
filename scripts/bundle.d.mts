export function bundle(root: string): Promise<boolean>;
