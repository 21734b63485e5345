export { parsePage, toPageInfo } from '@outlay/platform';
