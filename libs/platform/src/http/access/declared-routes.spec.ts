import { Controller, Get, Module, Param } from '@nestjs/common';
import { Allow, Open, OrganizationParam, ScopedByHandler, Unscoped } from '@tallystick/contracts/http';
import { testApp } from '../../../support/app';
import { declaredRoutes } from './declared-routes';

@Controller('v1/invoices')
class InvoicesController {
  @Get(':id')
  @Allow('organization', 'operator')
  get(@Param('id') id: string) {
    return id;
  }
}

@Allow('service', 'organization')
@Controller('v1/things')
class ThingsController {
  @Get('of/:organization')
  byParam(@OrganizationParam() id: string) {
    return id;
  }
  @Get('mine')
  @ScopedByHandler()
  mine() {
    return [];
  }
  @Get('kinds')
  @Unscoped()
  kinds() {
    return [];
  }
  @Get('open')
  @Open()
  open() {
    return [];
  }
  @Get('all/:id')
  @Allow('operator')
  all(@Param('id') id: string) {
    return id;
  }
}

@Module({ controllers: [InvoicesController] })
class Invoices {}

@Module({ controllers: [ThingsController] })
class Things {}

test('an application with a route without a scope does not start', async () => {
  await expect(testApp([Things, Invoices])).rejects.toThrow(/^These routes have no scope: InvoicesController\.get\. /);
});

test('every way to declare a scope is accepted, and every route is seen', async () => {
  const { app, close } = await testApp([Things]);
  const methods = declaredRoutes(app).map(({ controller, method }) => `${controller.name}.${method}`);
  expect(methods).toEqual(
    expect.arrayContaining([
      ...['byParam', 'mine', 'kinds', 'open', 'all'].map((method) => `ThingsController.${method}`),
      'HealthController.ready',
      'MetricsController.metrics',
    ]),
  );
  await close();
});
