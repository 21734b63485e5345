export { migratePlatform, migrationDirectories, schemas } from './migrate-platform.ts';
export { repositoryRoot } from './repository.ts';
export { type ServiceEntry, services } from './services.ts';
